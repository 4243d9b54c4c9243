use super::entrance::SessionError;
use super::{Desk, actor, lock};
use crate::record::{AskedFor, Declined};
use crate::request::{Ask, AskError, Receipt, Request, RequestState};
use crate::rights::REQUEST_READERS;
use crate::{Acting, DecideError, RequestId};
use alert::Role;
use audit::{Actor, EntryKind};

impl Desk {
    /// Takes a request in from the block page; one site has one request, whoever asks (CHG-05).
    ///
    /// # Errors
    ///
    /// Refuses what is no address of the web, and more than five in ten minutes from one device.
    pub fn ask(&self, ask: Ask) -> Result<Receipt, AskError> {
        let (ask, site) = ask.tidy()?;
        if !lock(&self.rhythm).takes(ask.client, self.clock.monotonic()) {
            return Err(AskError::Often);
        }
        let writing = self.hold();
        let (id, again) = {
            let register = self.register();
            let open = register
                .requests
                .values()
                .filter(|held| held.state == RequestState::Open);
            let merged = register.requests.values().find(|held| {
                held.site == site
                    && matches!(held.state, RequestState::Open | RequestState::Proposed)
            });
            match merged {
                Some(held) => {
                    let known = held.asks.iter().any(|old| old.ask.client == ask.client);
                    (held.id, known || held.asks.len() >= Request::MOST_ASKS)
                }
                None if open.count() >= MOST_OPEN => return Err(AskError::Full),
                None => (register.next_request(), false),
            }
        };
        // The same device asks for the same site again, or very many did: it is known already.
        if !again {
            let payload = AskedFor {
                request: id,
                site,
                ask,
            };
            self.write(&writing, Actor::Gateway, EntryKind::Proposed, &payload)?;
        }
        let request = self.register().requests.get(&id).cloned();
        let state = request
            .as_ref()
            .map_or(RequestState::Open, |request| request.state);
        if let Some(request) = request.filter(|request| !again && request.count == 1) {
            self.tell_asked(&request);
        }
        Ok(Receipt { code: id, state })
    }

    /// The requests, the newest first; without who asked, for somebody of an outside company.
    ///
    /// # Errors
    ///
    /// Refuses roles that see no requests, with an empty list for none.
    pub fn requests(&self, acting: &Acting) -> Result<Vec<Request>, SessionError> {
        self.still(acting)?;
        if !REQUEST_READERS.contains(acting.role) {
            return Ok(Vec::new());
        }
        let register = self.register();
        let mut found: Vec<Request> = register.requests.values().cloned().collect();
        drop(register);
        if acting.role == Role::Support {
            for asked in found.iter_mut().flat_map(|request| &mut request.asks) {
                asked.ask.who = None;
                asked.ask.note.clear();
            }
        }
        found.sort_by_key(|request| std::cmp::Reverse(request.last));
        Ok(found)
    }

    /// Declines a request without making a proposal of it; that is written down as well (CHG-07).
    ///
    /// # Errors
    ///
    /// Refuses roles that see no requests, and wants words.
    pub fn decline(&self, acting: &Acting, id: RequestId, words: &str) -> Result<(), DecideError> {
        self.still(acting)?;
        let words = words.trim();
        if !(3..=2_000).contains(&words.chars().count()) {
            return Err(DecideError::Words);
        }
        if !REQUEST_READERS.contains(acting.role) || acting.role == Role::Support {
            return Err(DecideError::Role { role: acting.role });
        }
        let payload = Declined {
            declined: id,
            by: acting.who(),
            words: words.to_owned(),
        };
        self.write(&self.hold(), actor(acting), EntryKind::Decided, &payload)?;
        Ok(())
    }
}

/// How many requests may wait.
const MOST_OPEN: usize = 500;
