//! Which addresses are globally routable.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to the public Internet.
///
/// Stricter than the registries: everything in the IANA special-purpose registries is refused, also
/// the blocks that are marked as reachable (anycast for AS112, PCP, 6to4 relays), since no business
/// answers webhooks there. Of IPv6 only `2000::/3` is allocated, so only that can be global; the
/// IPv4-mapped and IPv4-compatible spellings of an address lie outside it and are refused whatever
/// they map to.
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4.iter().any(|block| block.holds(v4)),
        IpAddr::V6(v6) => GLOBAL_V6.holds(v6) && !SPECIAL_V6.iter().any(|block| block.holds(v6)),
    }
}

#[derive(Debug)]
struct BlockV4(Ipv4Addr, u32);

impl BlockV4 {
    fn holds(&self, address: Ipv4Addr) -> bool {
        let shift = 32 - self.1;
        address.to_bits() >> shift == self.0.to_bits() >> shift
    }
}

#[derive(Debug)]
struct BlockV6(Ipv6Addr, u32);

impl BlockV6 {
    fn holds(&self, address: Ipv6Addr) -> bool {
        let shift = 128 - self.1;
        address.to_bits() >> shift == self.0.to_bits() >> shift
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u32) -> BlockV4 {
    BlockV4(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(a: u16, b: u16, c: u16, bits: u32) -> BlockV6 {
    BlockV6(Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), bits)
}

/// IANA IPv4 Special-Purpose Address Registry, multicast and the reserved class E.
const SPECIAL_V4: [BlockV4; 18] = [
    v4(0, 0, 0, 0, 8),       // "this network"
    v4(10, 0, 0, 0, 8),      // private use
    v4(100, 64, 0, 0, 10),   // carrier-grade NAT; a cloud's metadata service at 100.100.100.200
    v4(127, 0, 0, 0, 8),     // loopback: the Lambda runtime API listens here
    v4(169, 254, 0, 0, 16),  // link local: metadata, credentials, X-Ray
    v4(172, 16, 0, 0, 12),   // private use
    v4(192, 0, 0, 0, 24),    // IETF protocol assignments; a cloud's metadata at 192.0.0.192
    v4(192, 0, 2, 0, 24),    // documentation
    v4(192, 31, 196, 0, 24), // AS112
    v4(192, 52, 193, 0, 24), // AMT
    v4(192, 88, 99, 0, 24),  // 6to4 relay, deprecated
    v4(192, 168, 0, 0, 16),  // private use
    v4(192, 175, 48, 0, 24), // AS112 direct delegation
    v4(198, 18, 0, 0, 15),   // benchmarking
    v4(198, 51, 100, 0, 24), // documentation
    v4(203, 0, 113, 0, 24),  // documentation
    v4(224, 0, 0, 0, 4),     // multicast
    v4(240, 0, 0, 0, 4),     // reserved, and the limited broadcast address
];

/// What IANA has allocated for global unicast.
const GLOBAL_V6: BlockV6 = v6(0x2000, 0, 0, 3);

/// IANA IPv6 Special-Purpose Address Registry, as far as it lies inside `2000::/3`.
const SPECIAL_V6: [BlockV6; 5] = [
    v6(0x2001, 0, 0, 23), // IETF protocol assignments: Teredo, ORCHID, benchmarking
    v6(0x2001, 0xdb8, 0, 32), // documentation
    v6(0x2002, 0, 0, 16), // 6to4: carries any IPv4 address
    v6(0x2620, 0x4f, 0x8000, 48), // AS112 direct delegation
    v6(0x3fff, 0, 0, 20), // documentation
];

#[cfg(test)]
mod tests {
    use super::*;

    fn v4_blocks() -> Vec<(Ipv4Addr, Ipv4Addr)> {
        [
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.0", "127.255.255.255"),
            ("169.254.0.0", "169.254.255.255"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.0.0", "192.0.0.255"),
            ("192.0.2.0", "192.0.2.255"),
            ("192.31.196.0", "192.31.196.255"),
            ("192.52.193.0", "192.52.193.255"),
            ("192.88.99.0", "192.88.99.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("192.175.48.0", "192.175.48.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("198.51.100.0", "198.51.100.255"),
            ("203.0.113.0", "203.0.113.255"),
            ("224.0.0.0", "239.255.255.255"),
            ("240.0.0.0", "255.255.255.255"),
        ]
        .into_iter()
        .map(|(first, last)| (first.parse().unwrap(), last.parse().unwrap()))
        .collect()
    }

    fn v6_blocks() -> Vec<(Ipv6Addr, Ipv6Addr)> {
        [
            ("::", "::ffff:ffff"),
            ("::1", "::1"),
            ("::ffff:0:0", "::ffff:ffff:ffff"),
            ("64:ff9b::", "64:ff9b::ffff:ffff"),
            ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"),
            ("100::", "100::ffff:ffff:ffff:ffff"),
            ("100:0:0:1::", "100::1:ffff:ffff:ffff:ffff"),
            ("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff"),
            ("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
            ("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ]
        .into_iter()
        .map(|(first, last)| (first.parse().unwrap(), last.parse().unwrap()))
        .collect()
    }

    #[test]
    fn w012_no_special_block_is_global_at_its_first_or_last_address() {
        for (first, last) in v4_blocks() {
            assert!(!is_global(first.into()), "{first}");
            assert!(!is_global(last.into()), "{last}");
        }
        for (first, last) in v6_blocks() {
            assert!(!is_global(first.into()), "{first}");
            assert!(!is_global(last.into()), "{last}");
        }
    }

    #[test]
    fn w012_the_neighbours_of_the_ipv4_blocks_are_global_unless_special_themselves() {
        let special = v4_blocks();
        let listed =
            |bits: u32| special.iter().any(|(a, b)| (a.to_bits()..=b.to_bits()).contains(&bits));
        for (first, last) in &special {
            for bits in [first.to_bits().wrapping_sub(1), last.to_bits().wrapping_add(1)] {
                assert_eq!(is_global(Ipv4Addr::from_bits(bits).into()), !listed(bits), "{bits:x}");
            }
        }
    }

    #[test]
    fn w012_the_neighbours_of_the_ipv6_blocks_inside_global_unicast_are_global() {
        for text in [
            "2001:200::",
            "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db9::",
            "2003::",
            "2620:4f:7fff::1",
            "2620:4f:8001::",
            "3ffe::1",
            "3fff:1000::",
        ] {
            assert!(is_global(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn w011_no_metadata_or_runtime_service_is_global() {
        for text in [
            "169.254.169.254",
            "169.254.170.2",
            "169.254.100.1",
            "100.100.100.200",
            "192.0.0.192",
            "127.0.0.1",
            "fd00:ec2::254",
        ] {
            assert!(!is_global(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn well_known_public_addresses_are_global() {
        for text in ["1.1.1.1", "17.253.144.10", "93.184.216.34", "2606:4700::6810:84e5"] {
            assert!(is_global(text.parse().unwrap()), "{text}");
        }
    }
}
