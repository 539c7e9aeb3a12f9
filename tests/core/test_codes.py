"""One standard has many spellings; they meet in one key."""

from __future__ import annotations

import pytest

from headway.core.standards.codes import code_forms, code_key, last_part, same_code

SAME = [
    ("3.NF.A.3a", "3.NF.3.a", "3.NF.3a", "CCSS.Math.Content.3.NF.A.3.a", "CCSS.MATH.CONTENT.3.NF.A.3.A", "Math.3.NF.A.3a", "CC.3.NF.3a"),
    ("F-IF.C.7a", "HSF-IF.C.7.a", "HSF.IF.C.7a", "CCSS.Math.Content.HSF-IF.C.7a", "F.IF.7a", "HS.F-IF.C.7a"),
    ("K.CC.A.1", "0.CC.1", "CCSS.Math.Content.K.CC.A.1", "http://www.corestandards.org/Math/Content/K/CC/A/1/"),
    ("RL.7.1", "CCSS.ELA-Literacy.RL.7.1", "ELA.RL.7.1", "ELA-Literacy.RL.7.1", "Literacy.RL.7.1"),
    ("RI.11-12.2", "CCSS.ELA-LITERACY.RI.11–12.2", "http://corestandards.org/2010/literacy/RI/11-12/2"),
    ("L.3.1a", "CCSS.ELA-Literacy.L.3.1.a"),
    ("CCRA.R.1", "CCSS.ELA-Literacy.CCRA.R.1", "Literacy.CCRA.R.1"),
    ("MP.1", "MP1", "Math.MP.1", "CCSS.Math.Practice.MP1", "http://corestandards.org/2010/math/practice/MP1"),
    ("MS-PS1-1", "NGSS.MS-PS1-1", "ms-ps1-1", "MS–PS1–1"),
    ("111.26(b)(4)(A)", "§111.26.b.4.A", "TEKS 111.26(b)(4)(A)", "111.26.4.A", "TEKS.111.26.b.4.a"),
    ("3.NF.A", "CCSS.Math.Content.3.NF.A"),
]  # fmt: skip
DIFFERENT = [
    ("3.NF.A.3", "3.NF.A.3a"),
    ("3.NF.A", "3.NF.B"),
    ("3.NF.A", "3.NF"),
    ("F-IF.C.7", "F-BF.C.7"),
    ("8.F.A.1", "F-IF.A.1"),
    ("HS-LS1-1", "MS-LS1-1"),
    ("RL.7.1", "RI.7.1"),
    ("RL.11-12.1", "RL.11.1"),
    ("111.26(b)(4)(A)", "111.26(b)(4)(B)"),
    ("DA:Cr1.1.3a", "DA:Cr1.1.3b"),
    ("", ""),
]


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_spellings_of_one_standard_share_a_key(spellings):
    assert len({code_key(code) for code in spellings}) == 1
    assert all(same_code(spellings[0], code) for code in spellings)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_two_standards_stay_apart(one, other):
    assert not same_code(one, other)


def test_the_fullest_form_comes_first():
    assert code_forms("CCSS.Math.Content.3.NF.A.3a") == ("3.nf.a.3.a", "3.nf.3.a")
    assert code_forms("MS-PS1-1") == ("ms.ps1.1",)


def test_an_address_ends_in_its_identifier():
    assert last_part("http://asn.jesandco.org/resources/S1143409") == "S1143409"
    assert last_part("urn:guid:3B25AF48C22D4668A6085998F847B56E") == "3B25AF48C22D4668A6085998F847B56E"
    assert last_part("3.NF.A.3") == "3.NF.A.3"
