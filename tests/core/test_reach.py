"""Where others may have us connect to: the public net, by whatever name it is given."""

import pytest

from geopush.core.reach import check_url, is_public

OURS = [
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1"),
    *("240.0.0.1", "255.255.255.255", "168.63.129.16", "::", "::1", "fe80::1"),
    *("fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    *("64:ff9b:1::7f00:1", "2001:0:7f00:1::80ff:fffe", "nonsense", ""),
]
REFUSED = [
    ("http://example.com/", "scheme_not_allowed"),
    ("ftp://example.com/", "scheme_not_allowed"),
    ("file:///etc/passwd", "scheme_not_allowed"),
    ("https://user:word@example.com/", "not_a_url"),
    ("https://example.com\\@10.0.0.1/", "not_a_url"),
    ("https://example.com/#there", "not_a_url"),
    ("https:///path", "not_a_url"),
    ("https://example.com/a b", "not_a_url"),
    ("https://example.com/\n", "not_a_url"),
    ("https://[::1", "not_a_url"),
    ("https://example.com:x/", "not_a_url"),
    ("https://example.com/" + "a" * 2_048, "not_a_url"),
    ("https://example.com:22/", "port_not_allowed"),
    ("https://127.0.0.1/", "address_not_allowed"),
    ("https://[::1]/", "address_not_allowed"),
    ("https://[::ffff:10.0.0.1]/", "address_not_allowed"),
    ("https://169.254.169.254/latest/meta-data", "address_not_allowed"),
]


@pytest.mark.parametrize("address", OURS)
def test_what_is_not_of_the_public_net_is_not_reached(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "8.8.8.8"]
)
def test_the_public_net_is_reached(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(("url", "code"), REFUSED)
def test_what_cannot_be_sent_to_says_why(url: str, code: str) -> None:
    assert code in [problem.code for problem in check_url(url, private=False)]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    found = check_url("http://10.0.0.1:22/#x", private=False)
    assert len(found) == 4


@pytest.mark.parametrize(
    "url", ["https://example.com/hook?a=1", "https://example.com:8443/"]
)
def test_a_plain_address_is_taken(url: str) -> None:
    assert check_url(url, private=False) == []


@pytest.mark.parametrize("url", ["http://10.0.0.1:9000/", "http://hooks.local/"])
def test_our_own_net_is_allowed_where_the_operator_says_so(url: str) -> None:
    assert check_url(url, private=True) == []
