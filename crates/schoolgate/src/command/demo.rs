use crate::arguments;
use crate::failure::Failure;
pub(crate) fn demo(_asked: &arguments::Demo) -> Result<(), Failure> {
    Ok(())
}
