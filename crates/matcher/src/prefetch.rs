#![allow(unsafe_code, reason = "the prefetch instruction takes a raw address")]

/// Asks the processor to bring the cache line at the start of `place` nearer.
#[inline(always)]
pub(crate) fn prefetch<T>(place: &T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch of any address is without effect on what the program computes, and
    // this one is that of a live reference. SSE is part of every x86-64 processor.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(place).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_prefetched_line_is_unchanged() {
        let line = [7u8; 64];
        super::prefetch(&line);
        assert_eq!(line, [7; 64]);
    }
}
