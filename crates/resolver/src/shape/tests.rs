use super::*;
use crate::settings::{Protocol, Settings, Upstream};
use hickory_resolver::proto::rr::rdata::svcb::EchConfigList;
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, HTTPS, MX, SRV};
use model::{
    Action, CategorySet, LabelSet, Labels, Obligations, PolicyVersion, Reason, Rung, Verdict,
};
use proptest::prelude::*;

fn plan() -> Plan {
    let settings = Settings {
        upstreams: vec![Upstream {
            protocol: Protocol::Udp,
            address: "192.0.2.53".to_owned(),
            name: None,
            path: None,
        }],
        ..Settings::default()
    };
    Plan::compile(&settings).unwrap()
}

fn name(text: &str) -> Name {
    Name::from_ascii(format!("{text}.")).unwrap()
}

fn record(owner: &str, value: RData) -> Record {
    Record::from_rdata(name(owner), 300, value)
}

fn address(owner: &str, text: &str) -> Record {
    match text.parse().unwrap() {
        IpAddr::V4(v4) => record(owner, RData::A(A(v4))),
        IpAddr::V6(v6) => record(owner, RData::AAAA(AAAA(v6))),
    }
}

fn alias(owner: &str, target: &str) -> Record {
    record(owner, RData::CNAME(CNAME(name(target))))
}

fn message(answers: Vec<Record>) -> Message {
    let mut message = Message::query().into_response();
    message.answers = answers;
    message
}

fn closed() -> Judgement {
    Judgement {
        verdict: Verdict {
            action: Action::Block,
            obligations: Obligations::default(),
            reason: Reason {
                rung: Rung::Category,
                rule: None,
                category: None,
            },
            policy_version: PolicyVersion(1),
            valid_until: None,
        },
        labels: Labels {
            categories: CategorySet::EMPTY,
            set: LabelSet::NONE,
            excepted: false,
        },
        generation: 1,
    }
}

fn shape_as(kind: RecordType, answers: Vec<Record>, filtered: bool, local: bool) -> Moulded {
    let own = name("www.site.test");
    let settings = Mould {
        name: &own,
        kind,
        dnssec_ok: false,
        filtered,
        local,
        age: 10,
        longest: 60,
    };
    mould(message(answers), &settings, &plan(), |text| {
        (text.plain() == Some("closed.test")).then(closed)
    })
    .unwrap()
}

fn shape(kind: RecordType, answers: Vec<Record>) -> Moulded {
    shape_as(kind, answers, true, false)
}

// CIR-22
#[test]
fn every_name_that_an_answer_points_to_is_judged() {
    let behind = |kind, value| {
        shape(kind, vec![record("www.site.test", value)])
            .closed
            .is_some()
    };
    let to = || name("closed.test");
    assert!(behind(
        RecordType::SRV,
        RData::SRV(SRV::new(1, 1, 443, to()))
    ));
    assert!(behind(RecordType::MX, RData::MX(MX::new(1, to()))));
    assert!(behind(
        RecordType::HTTPS,
        RData::HTTPS(HTTPS(SVCB::new(1, to(), vec![])))
    ));
    assert!(behind(
        RecordType::SVCB,
        RData::SVCB(SVCB::new(1, to(), vec![]))
    ));
    let chain = vec![
        alias("www.site.test", "cdn.test"),
        alias("cdn.test", "CLOSED.test"),
        address("closed.test", "192.0.2.1"),
    ];
    assert!(shape(RecordType::A, chain).closed.is_some());
    let moved = RData::Unknown {
        code: RecordType::DNAME,
        rdata: {
            let mut null = hickory_resolver::proto::rr::rdata::NULL::new();
            null.anything = b"\x06closed\x04test\x00".to_vec();
            null
        },
    };
    assert!(
        shape(RecordType::A, vec![record("site.test", moved)])
            .closed
            .is_some()
    );
}

// CIR-21
#[test]
fn private_addresses_leave_public_answers() {
    let both = || {
        vec![
            address("www.site.test", "10.0.0.1"),
            address("www.site.test", "192.0.2.1"),
        ]
    };
    let made = shape(RecordType::A, both());
    assert_eq!(
        (made.answers.len(), made.private, made.emptied),
        (1, 1, false)
    );
    let made = shape(RecordType::AAAA, vec![address("www.site.test", "::1")]);
    assert!(made.answers.is_empty() && made.emptied && made.changed);
    assert_eq!(shape_as(RecordType::A, both(), true, true).answers.len(), 2);
}

fn service(filtered: bool, params: Vec<(SvcParamKey, SvcParamValue)>) -> Option<SVCB> {
    let value = RData::HTTPS(HTTPS(SVCB::new(1, Name::root(), params)));
    let made = shape_as(
        RecordType::HTTPS,
        vec![record("www.site.test", value)],
        filtered,
        false,
    );
    assert!(made.changed);
    made.answers
        .into_iter()
        .find_map(|record| match record.data {
            RData::HTTPS(service) => Some(service.0),
            _ => None,
        })
}

fn ech() -> (SvcParamKey, SvcParamValue) {
    let value = SvcParamValue::EchConfigList(EchConfigList(vec![1, 2, 3]));
    (SvcParamKey::EchConfigList, value)
}

fn alpn(protocols: &[&str]) -> (SvcParamKey, SvcParamValue) {
    let protocols = protocols
        .iter()
        .map(|&protocol| protocol.to_owned())
        .collect();
    (SvcParamKey::Alpn, SvcParamValue::Alpn(Alpn(protocols)))
}

// CIR-10
#[test]
fn encrypted_hello_and_http3_leave_the_answers_of_filtered_groups() {
    let mandatory = SvcParamValue::Mandatory(Mandatory(vec![
        SvcParamKey::Alpn,
        SvcParamKey::EchConfigList,
    ]));
    let params = || {
        vec![
            (SvcParamKey::Mandatory, mandatory.clone()),
            alpn(&["h2", "h3"]),
            ech(),
        ]
    };
    let left = service(true, params()).unwrap();
    let kept = SvcParamValue::Mandatory(Mandatory(vec![SvcParamKey::Alpn]));
    assert_eq!(
        left.svc_params,
        vec![(SvcParamKey::Mandatory, kept.clone()), alpn(&["h2"])]
    );
    let open = service(false, params()).unwrap();
    assert_eq!(
        open.svc_params,
        vec![(SvcParamKey::Mandatory, kept), alpn(&["h2", "h3"])]
    );
    let only = vec![
        alpn(&["h3"]),
        (SvcParamKey::NoDefaultAlpn, SvcParamValue::NoDefaultAlpn),
    ];
    assert_eq!(service(true, only), None);
    assert!(
        service(true, vec![alpn(&["h3"])])
            .unwrap()
            .svc_params
            .is_empty()
    );
}

#[test]
fn private_hints_leave_service_answers() {
    let hints = IpHint(vec![
        A("10.0.0.1".parse().unwrap()),
        A("192.0.2.1".parse().unwrap()),
    ]);
    let params = vec![(SvcParamKey::Ipv4Hint, SvcParamValue::Ipv4Hint(hints))];
    let kept = IpHint(vec![A("192.0.2.1".parse().unwrap())]);
    assert_eq!(
        service(false, params).unwrap().svc_params,
        vec![(SvcParamKey::Ipv4Hint, SvcParamValue::Ipv4Hint(kept))]
    );
}

#[test]
fn records_that_nobody_asked_for_are_left_out() {
    let made = shape(
        RecordType::A,
        vec![
            address("other.test", "192.0.2.9"),
            address("www.site.test", "192.0.2.1"),
        ],
    );
    assert_eq!(made.answers.len(), 1);
    assert_eq!(made.answers[0].ttl, 60);
}

#[test]
fn an_answer_that_points_everywhere_is_refused() {
    let own = name("www.site.test");
    let many = (0..=MOST_TARGETS).map(|number| {
        record(
            "www.site.test",
            RData::MX(MX::new(1, name(&format!("m{number}.test")))),
        )
    });
    let settings = Mould {
        name: &own,
        kind: RecordType::MX,
        dnssec_ok: false,
        filtered: true,
        local: false,
        age: 0,
        longest: 60,
    };
    assert_eq!(
        mould(message(many.collect()), &settings, &plan(), |_| None).unwrap_err(),
        Sprawl
    );
}

#[test]
fn an_alias_without_records_is_followed_up() {
    let own = name("www.site.test");
    let short = message(vec![alias("www.site.test", "cdn.test")]);
    assert_eq!(
        dangling(&short, &own, RecordType::A),
        Some(name("cdn.test"))
    );
    let whole = message(vec![
        alias("www.site.test", "cdn.test"),
        address("cdn.test", "192.0.2.1"),
    ]);
    assert_eq!(dangling(&whole, &own, RecordType::A), None);
    let turning = message(vec![
        alias("www.site.test", "b.test"),
        alias("b.test", "www.site.test"),
    ]);
    let _ = dangling(&turning, &own, RecordType::A);
}

proptest! {
    #[test]
    fn a_hostile_answer_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut wire = b"\x00\x00\x81\x80\x00\x01\x00\x03\x00\x01\x00\x00\x03www\x04site\x04test\x00\x00\x41\x00\x01".to_vec();
        wire.extend(bytes);
        if let Ok(message) = Message::from_vec(&wire) {
            let own = name("www.site.test");
            let settings = Mould { name: &own, kind: RecordType::HTTPS, dnssec_ok: true, filtered: true, local: false, age: 0, longest: 60 };
            let _ = mould(message, &settings, &plan(), |_| None);
        }
    }
}
