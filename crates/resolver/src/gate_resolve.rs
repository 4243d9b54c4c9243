use crate::desk::{Desk, Own};
use crate::ede::Note;
use crate::question::kind;
use crate::shape::type_of;
use crate::shaped::{Outcome, Shaped, Wants};
use crate::upstream::Asked;
use hickory_resolver::proto::op::Message;
use model::{Moment, Name, Resolve, ResolveError, Resolved, ViewId};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Looks names up for the proxy, by the rules that the DNS doors answer by.
///
/// The name itself the proxy has judged, with more before its eyes than a name; the names that
/// it points to are judged here. Nothing is recorded: the proxy records the request.
#[derive(Clone, Debug)]
pub struct GateResolve {
    orders: mpsc::Sender<Order>,
}

/// One look-up on its way to the runtime.
#[derive(Debug)]
pub(crate) struct Order {
    wire: Box<[u8]>,
    name: String,
    source: IpAddr,
    reply: oneshot::Sender<Result<Resolved, ResolveError>>,
}

impl GateResolve {
    /// Makes the asking end and the answering one.
    pub(crate) fn pair(most: usize) -> (Self, mpsc::Receiver<Order>) {
        let (orders, receiver) = mpsc::channel(most);
        (Self { orders }, receiver)
    }
}

impl Resolve for GateResolve {
    fn resolve<'a>(
        &'a self,
        name: Name<'a>,
        source: IpAddr,
        _view: ViewId,
    ) -> Pin<Box<dyn Future<Output = Result<Resolved, ResolveError>> + Send + 'a>> {
        Box::pin(async move {
            let lost = || ResolveError::Upstream {
                name: name.as_str().to_owned(),
            };
            let (reply, answer) = oneshot::channel();
            let order = Order {
                wire: wire(name),
                name: name.as_str().to_owned(),
                source,
                reply,
            };
            // Full or stopped: both mean that nobody will be asked.
            self.orders.try_send(order).map_err(|_| lost())?;
            answer.await.map_err(|_| lost())?
        })
    }
}

impl Order {
    /// Looks the name up and answers.
    pub(crate) async fn serve(self, desk: Rc<Desk>) {
        let ask = |kind| Asked {
            wire: self.wire.clone(),
            kind,
            wants: Wants::new(false, false),
        };
        let (v4, v6) = (ask(kind::A), ask(kind::AAAA));
        let (v4, v6) = tokio::join!(
            desk.shape(&v4, self.source, Own::Settled),
            desk.shape(&v6, self.source, Own::Settled)
        );
        let resolved = join(self.name, desk.now().moment, [v6, v4]);
        // The proxy may have given up by now.
        let _gone = self.reply.send(resolved);
    }
}

/// Makes one list of addresses of what both families gave.
fn join(name: String, now: Moment, shaped: [Option<Shaped>; 2]) -> Result<Resolved, ResolveError> {
    let mut addresses = Vec::new();
    let mut valid_until: Option<Moment> = None;
    let (mut private, mut answered) = (false, false);
    for shaped in shaped.into_iter().flatten() {
        if shaped.outcome == Outcome::Closed {
            return Err(ResolveError::Refused { name });
        }
        answered = true;
        private |= shaped.note == Note::Private;
        addresses.extend(addresses_of(&shaped));
        let lifetime = Duration::from_millis(shaped.expires.saturating_sub(shaped.born));
        let ends = [
            Some(now.after(lifetime)),
            shaped.judgement.verdict.valid_until,
            valid_until,
        ];
        valid_until = ends.into_iter().flatten().min();
    }
    match (addresses.is_empty(), private, answered) {
        (false, _, _) => Ok(Resolved {
            addresses,
            valid_until: valid_until.unwrap_or(now),
        }),
        (true, true, _) => Err(ResolveError::Private { name }),
        (true, false, true) => Err(ResolveError::Absent { name }),
        (true, false, false) => Err(ResolveError::Upstream { name }),
    }
}

fn addresses_of(shaped: &Shaped) -> Vec<IpAddr> {
    let kind = type_of(shaped.kind);
    let Ok(message) = Message::from_vec(&shaped.wire) else {
        return Vec::new();
    };
    let own = message
        .answers
        .iter()
        .filter(|record| record.record_type() == kind);
    own.filter_map(|record| record.data.ip_addr()).collect()
}

/// Puts a canonical name on the wire; its labels are never longer than 63 bytes.
fn wire(name: Name<'_>) -> Box<[u8]> {
    let mut wire = Vec::with_capacity(name.as_str().len() + 2);
    for label in name.as_str().split('.') {
        wire.push(u8::try_from(label.len()).unwrap_or(0));
        wire.extend(label.bytes());
    }
    wire.push(0);
    wire.into()
}
