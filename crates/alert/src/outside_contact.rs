use serde::Serialize;

/// Somebody outside the school to turn to (REP-30).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OutsideContact {
    /// Who it is.
    pub name: &'static str,
    /// When to turn to them.
    pub when: &'static str,
    /// How; "the school fills this in" where it differs from place to place.
    pub how: &'static str,
}

/// The sheet of outside contacts for a school in England; the school adds its own numbers.
pub const OUTSIDE_CONTACTS: &[OutsideContact] = &[
    OutsideContact {
        name: "Police",
        when: "Somebody is in danger now, or a crime is happening. For images of child abuse: stop, leave the device as it is, call.",
        how: "999; otherwise 101",
    },
    OutsideContact {
        name: "Local authority designated officer (LADO)",
        when: "Somebody who works with children may have harmed a child or may not be safe to work with them. Within one working day.",
        how: "the school fills this in",
    },
    OutsideContact {
        name: "Local authority children's social care",
        when: "A child may be at risk of significant harm.",
        how: "the school fills this in",
    },
    OutsideContact {
        name: "Internet Watch Foundation (IWF)",
        when: "Images or videos of child abuse are found on the public web. Report the address; never send the image.",
        how: "report.iwf.org.uk",
    },
    OutsideContact {
        name: "CEOP Safety Centre",
        when: "Somebody online acts towards a child in a sexual or worrying way.",
        how: "www.ceop.police.uk/safety-centre",
    },
    OutsideContact {
        name: "Report Remove (Childline and IWF)",
        when: "A young person's own sexual image is online and should be taken down.",
        how: "childline.org.uk/remove, 0800 1111",
    },
    OutsideContact {
        name: "Information Commissioner's Office (ICO)",
        when: "Personal data was lost or seen by the wrong people and somebody may be harmed by it. Within 72 hours.",
        how: "ico.org.uk/for-organisations/report-a-breach, 0303 123 1113",
    },
    OutsideContact {
        name: "Department for Education, sector cyber team",
        when: "The school was attacked: systems locked, data taken, services down.",
        how: "sector.incidentreporting@education.gov.uk",
    },
    OutsideContact {
        name: "Prevent",
        when: "Somebody may be drawn into terrorism. In an emergency call 999.",
        how: "Act Early support line 0800 011 3764; referral through the local authority",
    },
    OutsideContact {
        name: "Counter Terrorism Internet Referral Unit",
        when: "Unlawful terrorist content is found online.",
        how: "www.gov.uk/report-terrorism",
    },
    OutsideContact {
        name: "Professionals Online Safety Helpline",
        when: "Staff need advice on an online safety question.",
        how: "0344 381 4772, helpline@saferinternet.org.uk",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    // REP-30
    #[test]
    fn everybody_whom_the_policy_names_is_on_the_sheet() {
        let names: String = OUTSIDE_CONTACTS.iter().map(|it| it.name).collect();
        for name in [
            "Police",
            "LADO",
            "Local authority",
            "IWF",
            "CEOP",
            "ICO",
            "cyber",
            "Prevent",
        ] {
            assert!(names.contains(name), "{name}");
        }
    }
}
