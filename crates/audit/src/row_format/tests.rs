use super::*;
use crate::stand_in::{monday, refused, row};
use proptest::prelude::*;

fn written(format: RowFormat, rows: &[DecisionRow]) -> String {
    let mut writer = RowWriter::new(Vec::new(), format, "gate.school.test");
    rows.iter().for_each(|row| writer.write(row).unwrap());
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn nasty() -> DecisionRow {
    DecisionRow {
        host: "=cmd|' /c calc'!a.test".into(),
        path: Some("/\u{1b}[2J\r\n\u{202e}<script>\"]\\".into()),
        user: Known::Named("+O'Neil, \"Ann\"".into()),
        ..refused("x", monday())
    }
}

#[test]
fn a_table_has_a_heading_and_no_formula() {
    insta::assert_snapshot!(written(RowFormat::Csv, &[row("a.test", monday()), nasty()]).replace("\r\n", "\n"), @r#"
    first,last,count,client,device,device_unknown,user,user_unknown,certainty,zone,group,door,method,host,path,type,categories,action,rung,rule,list,list_version,policy_version,bytes,reference,alert,background
    2026-11-23T10:15:00Z,2026-11-23T10:15:00Z,1,10.20.0.7,ipad-7,,,no-source,device,ks2-rooms,ks2,dns,,a.test,,AAAA,"education reference",allow,category,,starter,0123456789abcdef,00000000005c0001,120,,,
    2026-11-23T10:15:00Z,2026-11-23T10:15:00Z,1,10.20.0.7,ipad-7,,"'+O'Neil, ""Ann""",,device,ks2-rooms,ks2,dns,,"'=cmd|' /c calc'!a.test","/\u{1b}[2J\u{d}\u{a}\u{202e}<script>""]\",AAAA,"education reference",block,category,no-games,starter,0123456789abcdef,00000000005c0001,120,,,
    "#);
}

// LOG-16
#[test]
fn a_message_of_syslog_is_one_line_of_rfc_5424() {
    insta::assert_snapshot!(written(RowFormat::Syslog, &[nasty()]), @r#"<133>1 2026-11-23T10:15:00Z gate.school.test schoolgate - decision [decision@32473 first="2026-11-23T10:15:00Z" last="2026-11-23T10:15:00Z" count="1" client="10.20.0.7" device="ipad-7" user="+O'Neil, \"Ann\"" certainty="device" zone="ks2-rooms" group="ks2" door="dns" host="=cmd|' /c calc'!a.test" path="/\\u{1b}[2J\\u{d}\\u{a}\\u{202e}<script>\"\]\\" type="AAAA" categories="education reference" action="block" rung="category" rule="no-games" list="starter" list_version="0123456789abcdef" policy_version="00000000005c0001" bytes="120"]"#);
}

proptest! {
    #[test]
    fn no_name_breaks_out_of_its_place(
        host in any::<String>(), path in any::<String>(), user in any::<String>(),
    ) {
        let like = DecisionRow {
            host: host.as_str().into(),
            path: Some(path.as_str().into()),
            user: Known::Named(user.as_str().into()),
            ..row("x", monday())
        };
        for format in [RowFormat::Csv, RowFormat::JsonLines, RowFormat::Syslog] {
            let text = written(format, std::slice::from_ref(&like));
            let lines = if format == RowFormat::Csv { 2 } else { 1 };
            prop_assert_eq!(text.lines().count(), lines);
            let bare = text.replace("\r\n", "").replace('\n', "");
            prop_assert!(!bare.chars().any(steers), "{bare:?}");
        }
        let text = written(RowFormat::JsonLines, std::slice::from_ref(&like));
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(read["host"].as_str(), Some(&*host));
        prop_assert_eq!(read["path"].as_str(), Some(&*path));
        let cell = csv_cell(&host);
        // What a spreadsheet sees once it has taken the quotes away.
        let quoted = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
        let inner = quoted.map_or(cell.clone(), |cell| cell.replace("\"\"", "\""));
        let inner = inner.trim_start();
        prop_assert!(!inner.starts_with(['=', '+', '-', '@']), "{cell:?}");
    }
}
