use super::*;
use crate::roster::kind::People;

fn rows(texts: &[&[&str]]) -> Vec<Numbered> {
    let cell = |text: &&str| Cell::Text((*text).to_owned());
    let row = |(at, texts): (u32, &&[&str])| (at, texts.iter().map(cell).collect());
    (4..).zip(texts).map(row).collect()
}

/// The header's last row, and its columns.
type Found = (u32, Vec<(usize, &'static str, Role)>);

fn found(texts: &[&[&str]]) -> Option<Found> {
    let header = Header::find::<People>(&rows(texts), &Mapping::default())?;
    assert_eq!(header.repeated, []);
    let bound = header.columns.into_iter().map(|b| (b.at, b.column.field, b.role));
    Some((header.last, bound.collect()))
}

#[test]
fn headers_are_known_in_any_order_and_spelling() {
    let (row, columns) = found(&[
        &["Danh sách"],
        &["STT", "NGÀY SINH (dd/mm/yyyy)", "", "Xã/phường", "Họ  và\ntên"],
    ])
    .expect("all three are there");
    let fields: Vec<_> = columns.iter().map(|(at, field, _)| (*at, *field)).collect();
    assert_eq!((row, fields), (5, vec![(1, "birth"), (3, "residence_unit"), (4, "full_name")]));
    assert_eq!(found(&[&["Họ và tên", "Ngày sinh"]]), None);
}

#[test]
fn a_column_that_comes_twice_is_noticed() {
    let cells = rows(&[&["Họ và tên", "Ngày sinh", "Xã, phường", "Xã, phường"]]);
    let header = Header::find::<People>(&cells, &Mapping::default()).expect("a header");
    assert_eq!(header.repeated, [("residence_unit", 3)]);
}

#[test]
fn a_header_of_two_rows_is_read_through_its_merged_cells() {
    let (row, columns) = found(&[
        &["TT", "Họ và tên", "", "Ngày sinh", "", "Nơi ở", "", "Số CCCD"],
        &["", "Họ đệm", "Tên", "Nam", "Nữ", "Thôn", "Xã", ""],
        &["1", "Lò Văn", "A", "1990", "", "bản Nà", "Xã Na Son", "011090000001"],
    ])
    .expect("a header");
    assert_eq!(row, 5);
    let sex = |word: &str| Role::With("sex", word.to_owned());
    assert_eq!(
        columns,
        [
            (1, "full_name", Role::Part(0)),
            (2, "full_name", Role::Part(2)),
            (3, "birth", sex("Nam")),
            (4, "birth", sex("Nữ")),
            (5, "hamlet", Role::Whole),
            (6, "residence_unit", Role::Whole),
            (7, "citizen_id", Role::Whole),
        ]
    );
}

/// The fields of a header beside name, birth and number, none for those not understood.
fn beside(words: &[&str]) -> Vec<Option<&'static str>> {
    let head: Vec<&str> =
        ["Họ và tên", "Ngày sinh", "Số CCCD"].iter().chain(words).copied().collect();
    let (_, columns) = found(&[&head]).expect("a header");
    let field = |at| columns.iter().find(|(own, ..)| *own == at).map(|(_, field, _)| *field);
    (3..head.len()).map(field).collect()
}

#[test]
fn shortened_and_padded_headers_are_understood() {
    let wanted = [
        (
            "residence_unit",
            &[
                "Ban CHQS xã",
                "Nơi ở hiện tại",
                "Đơn vị (xã)",
                "Nơi ĐKHKTT",
                "Nơi ĐK\nHKTT",
                "HKTT",
                "Đ.vị",
                "Nơi cư trú",
                "X.phường",
                "Xã -\nphường",
            ][..],
        ),
        (
            "phones",
            &[
                "S.Đ.T",
                "Đ.thoại",
                "Số điện -\nthoại",
                "ĐT liên hệ",
                "Phone no.",
                "ĐT",
                "DT",
                "Số ĐT",
            ],
        ),
        ("class", &["Hạng DB", "Hạng quân dự bị", "Hạng QNDB", "DB hạng"]),
        (
            "specialty",
            &[
                "C.N.Q.S",
                "CNQS",
                "Chuyên nghiệp -\nquân sự",
                "Chuyên nghiệp QS",
                "Mã CN",
                "CN quân sự",
            ],
        ),
        ("rank", &["Quân hàm", "Q.hàm", "C.bậc", "CB", "Cấp bậc hiện tại", "Cấp bậc QH"]),
        ("party_member", &["Đảng", "Ngày vào Đảng"]),
        ("hamlet", &["Thôn/bản/TDP", "Hamlet/Village", "Nơi thường trú\n(thôn, bản)"]),
        ("health_class", &["PLSK", "Loại SK"]),
        ("deferral_ground", &["Tạm hoãn"]),
        ("reserve_card_no", &["Thẻ QNDB", "Số thẻ QNDB"]),
        ("sex", &["GT", "Nam/Nữ", "G.tính", "Giới\ntính"]),
        ("ethnic_group", &["D.tộc", "Dân -\ntộc"]),
    ];
    for (field, headers) in wanted {
        for header in headers {
            assert_eq!(beside(&[header]), [Some(field)], "{header}");
        }
    }
}

#[test]
fn names_and_numbers_are_known_by_all_that_forms_call_them() {
    let names = [
        "Họ, chữ đệm và tên khai sinh",
        "Họ tên QNDB",
        "Name and surname",
        "Họ và tên (chữ in hoa)",
    ];
    let numbers = [
        "Số thẻ CCCD",
        "Số định danh cá nhân/CCCD",
        "CCCD/ĐDCN",
        "Số CC/CCCD",
        "ID No.",
        "Citizen ID No",
        "Số CCCD/ĐDCN",
        "C.C.C.D",
        "Số CCCD\n(12 số)",
        "National ID number",
    ];
    for (at, header) in names.iter().enumerate().chain(numbers.iter().enumerate()) {
        let (name, number) = if numbers.contains(header) {
            ("Họ tên", *header)
        } else {
            (*header, numbers[at % numbers.len()])
        };
        let (_, columns) = found(&[&[name, "NTNS", number]]).expect(header);
        let fields: Vec<_> = columns.iter().map(|(_, field, _)| *field).collect();
        assert!(
            ["full_name", "birth", "citizen_id"].iter().all(|f| fields.contains(f)),
            "{header}"
        );
    }
}

#[test]
fn births_are_known_by_their_headers_in_full_and_in_short() {
    for header in [
        "Ngày, tháng, năm sinh",
        "Ngày - tháng - năm\nsinh",
        "N.sinh",
        "Ngày, thg, năm sinh",
        "NTNS",
    ] {
        let (_, columns) = found(&[&["Họ và tên", header, "Số CCCD"]]).expect(header);
        assert_eq!(columns[1], (1, "birth", Role::Whole), "{header}");
    }
}

#[test]
fn a_group_over_the_hamlet_and_the_commune_parts_them() {
    for group in ["Nơi ĐKHKTT", "Nơi cư trú", "HKTT"] {
        let (row, columns) = found(&[
            &["TT", "Họ và tên", "Ngày, tháng, năm sinh", "Số CCCD/ĐDCN", group, ""],
            &["", "", "", "", "Bản", "Xã"],
        ])
        .expect(group);
        let fields: Vec<&str> = columns.iter().map(|(_, field, _)| *field).collect();
        assert_eq!(
            (row, fields),
            (5, vec!["full_name", "birth", "citizen_id", "hamlet", "residence_unit"]),
            "{group}"
        );
    }
}

#[test]
fn what_could_be_two_things_is_settled_by_the_other_columns_or_left() {
    let one = |word: &str, beside_it: &str| beside(&[beside_it, word])[1];
    assert_eq!(one("DT", "SĐT"), Some("ethnic_group"));
    assert_eq!(one("DT", "Dân tộc"), Some("phones"));
    assert_eq!(one("ĐV", "Xã"), Some("party_member"));
    assert_eq!(beside(&["ĐV"]), [None], "it may be the unit");
    assert_eq!(beside(&["Nơi thường trú", "Xã"]), [None, Some("residence_unit")]);
    assert_eq!(beside(&["CB", "Cấp bậc"]), [None, Some("rank")], "the known word wins");
    assert_eq!(beside(&["CB", "Cấp bậc hiện tại"]), [None, None], "neither is taken");
    for word in ["Quê quán", "Họ tên cha", "SĐT người thân", "Con (số)", "ID", "Số"] {
        assert_eq!(beside(&[word]), [None], "{word}");
    }
}

#[test]
fn a_row_that_numbers_the_columns_is_no_data() {
    let row = |texts: &[&str]| rows(&[texts]).remove(0).1;
    assert!(numbers_columns(&row(&["(1)", "(2)", "", "(3)"])));
    assert!(numbers_columns(&row(&["A", "B", "1", "2"])));
    assert!(!numbers_columns(&row(&["1", "Lò Văn A", "2"])));
    assert!(!numbers_columns(&row(&["1", "2"])));
}
