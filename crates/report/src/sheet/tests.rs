use super::cells::name_of;
use super::*;

#[test]
fn a_name_is_no_formula() {
    for (name, cell) in [
        ("=1+1", "'=1+1"),
        ("@sum", "'@sum"),
        ("\t=1", "'=1"),
        ("-c8", "'-c8"),
        ("-8.5", "-8.5"),
        ("chat-c8", "chat-c8"),
        ("two\nlines", "two lines"),
    ] {
        assert_eq!(name_of(name.to_owned()), cell);
    }
}

#[test]
fn what_holds_a_comma_or_a_quote_is_quoted() {
    let mut table = Table::new(["a", "b"].map(str::to_owned).into_iter());
    table.row(["1,5", "say \"x\""].map(str::to_owned).into_iter());
    assert_eq!(table.into_text(), "a,b\r\n\"1,5\",\"say \"\"x\"\"\"\r\n");
}
