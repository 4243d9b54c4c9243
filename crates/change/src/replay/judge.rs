use audit::{DecisionRow, Known};
use gate::State;
use identity::{Binding, Bindings};
use model::{
    Certainty, Door, GroupIndex, Host, HostBuffer, Moment, Schedules, Scheme, Target, UrlSeen,
    Verdict,
};
use policy::{Policy, View};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Decides rows of the journal by one state, as its gate would have.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    state: &'a State,
    /// Calendar states by their end; each holds from its own `at` on.
    calendar: BTreeMap<Option<Moment>, Arc<Schedules>>,
    /// Who asked, and what they got, by the number of the client and the end of the calendar.
    views: HashMap<(u32, Option<Moment>), Meeting>,
}

/// What a client gets from a moment until another; nothing outside every zone.
#[derive(Debug)]
struct Meeting {
    from: Moment,
    until: Option<Moment>,
    view: Option<(GroupIndex, Arc<View>)>,
}

/// A client as the journal knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Client {
    pub(super) address: IpAddr,
    pub(super) user: Option<Arc<str>>,
    device: Option<Arc<str>>,
    /// The group that a feed had put it into.
    group: Option<Arc<str>>,
    certainty: u8,
}

impl Client {
    /// Reads who asked. A feed's word for the group is known by the policy that decided alone:
    /// `bound` says whether a group that differs from that of the address is the feed's word.
    pub(super) fn of(row: &DecisionRow, bound: bool) -> Self {
        let known = |known: &Known| match known {
            Known::Named(name) => Some(Arc::clone(name)),
            Known::Unknown(_) => None,
        };
        let feeds = matches!(row.certainty, Certainty::Binding | Certainty::SignIn);
        Self {
            address: row.client,
            user: known(&row.user),
            device: known(&row.device),
            group: (feeds && bound).then(|| Arc::clone(&row.group)),
            certainty: u8::from(row.certainty == Certainty::SignIn),
        }
    }

    fn bindings(&self, state: &State, at: Moment) -> Bindings {
        let mut bindings = Bindings::default();
        let device = self.device.as_deref();
        let hardware = device.and_then(|device| state.identifier().hardware(device));
        let group = self.group.as_deref();
        if self.user.is_some() || hardware.is_some() || group.is_some() {
            bindings.bind(Binding {
                address: self.address,
                hardware: hardware.map(|hardware| hardware.to_string()),
                user: self.user.as_deref().map(str::to_owned),
                group: group.map(str::to_owned),
                classes: Vec::new(),
                source: "journal".to_owned(),
                certainty: match self.certainty {
                    0 => Certainty::Binding,
                    _ => Certainty::SignIn,
                },
                expires: at.after(Duration::from_secs(60)),
            });
        }
        bindings
    }
}

impl<'a> Judge<'a> {
    pub(super) fn new(state: &'a State) -> Self {
        Self {
            state,
            calendar: BTreeMap::new(),
            views: HashMap::new(),
        }
    }

    /// Forgets whom it met, for their numbers mean others now.
    pub(super) fn forget(&mut self) {
        self.views.clear();
    }

    /// Decides a row; gives the group that it was decided for, where the client has one.
    pub(super) fn judge(
        &mut self,
        number: u32,
        client: &Client,
        row: &DecisionRow,
    ) -> Option<(Verdict, Option<GroupIndex>)> {
        let mut buffer = HostBuffer::new();
        let host = Host::normalise(&row.host, &mut buffer).ok()?;
        let mut target = Target::of_host(host);
        let path = row.path.as_deref();
        target.url = match row.door {
            Door::Http => path.map(|path| UrlSeen::new(Scheme::Http, path, None)),
            Door::Https => path.map(|path| UrlSeen::new(Scheme::Https, path, None)),
            Door::Dns | Door::Connect | Door::Explain => None,
        };
        let state = self.state;
        match self.known(number, client, row.first) {
            None => Some((Policy::outside(state.policy().version()), None)),
            Some((group, view)) => Some((state.judge(view, *group, target), Some(*group))),
        }
    }

    fn known(
        &mut self,
        number: u32,
        client: &Client,
        at: Moment,
    ) -> Option<&(GroupIndex, Arc<View>)> {
        let schedules = self.schedules(at);
        let key = (number, schedules.valid_until());
        let holds = self
            .views
            .get(&key)
            .is_some_and(|held| held.from <= at && held.until.is_none_or(|until| at < until));
        if !holds {
            let made = self.meet(client, &schedules, at);
            if self.views.len() >= MOST_VIEWS {
                self.views.clear();
            }
            self.views.insert(key, made);
        }
        self.views.get(&key)?.view.as_ref()
    }

    fn meet(&self, client: &Client, schedules: &Schedules, at: Moment) -> Meeting {
        let (policy, identifier) = (self.state.policy(), self.state.identifier());
        let schedules = Schedules {
            at,
            ..schedules.clone()
        };
        let bindings = client.bindings(self.state, at);
        let Some(mut subject) = identifier.identify(client.address, &schedules, &bindings, at)
        else {
            return Meeting {
                from: at,
                until: None,
                view: None,
            };
        };
        // The made-up binding ends with the row; what the client is changes with the calendar.
        subject.valid_until = schedules.valid_until();
        let view = policy.view(&subject, &schedules);
        let ends = [subject.valid_until, view.valid_until()];
        Meeting {
            from: at,
            until: ends.into_iter().flatten().min(),
            view: Some((subject.group, view)),
        }
    }

    /// The calendar at a moment; states already worked out serve all moments that they hold for.
    fn schedules(&mut self, at: Moment) -> Arc<Schedules> {
        let next = self.calendar.range(Some(at.after(A_MOMENT))..).next();
        if let Some((_, held)) = next
            && held.at <= at
        {
            return Arc::clone(held);
        }
        let made = Arc::new(self.state.policy().schedules(at));
        self.calendar.insert(made.valid_until(), Arc::clone(&made));
        made
    }
}

const A_MOMENT: Duration = Duration::from_millis(1);

/// Clients kept by calendar state.
const MOST_VIEWS: usize = 100_000;
