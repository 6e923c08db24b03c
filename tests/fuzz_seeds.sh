#!/bin/sh
# Seeds for a libFuzzer target, from the sample captures and the packets of the
# tests. usage: fuzz_seeds.sh TARGET FOLDER   (perl-base: on every Debian)
set -eu
case $1 in
keys_fuzz)
	find captures/samples -path '*.keys/*' -type f -size -64k ! -name '*.pcap' ! -name '*.json' |
		while read -r f; do cp "$f" "$2/$(echo "$f" | tr / _)"; done
	exit ;;
packet_fuzz | message_fuzz | session_fuzz) ;;
*)	exit 0 ;;
esac
exec perl - "$1" "$2" captures/samples/*.pcap <<'END'
use strict;
my ($target, $folder, @captures) = @ARGV;
my $count = 0;

sub seed {
	my ($octets) = @_;
	open(my $f, '>:raw', sprintf('%s/seed-%04d', $folder, $count++)) or die;
	print $f $octets;
	close($f);
}

# The IKE message of an Ethernet frame, if it is one on UDP 500 or 4500.
sub message {
	my ($frame) = @_;
	my $type = unpack('n', substr($frame, 12, 2));
	my $at = 14 + ($type == 0x86dd ? 40 : 20);
	return if length($frame) < $at + 12;
	my $protocol = unpack('C', substr($frame, $type == 0x86dd ? 20 : 23, 1));
	my $port = unpack('n', substr($frame, $at, 2));
	return if $protocol != 17 || ($port != 500 && $port != 4500);
	my $payload = substr($frame, $at + 8);
	return $payload if $port == 500;
	return substr($payload, 4) if substr($payload, 0, 4) eq "\0\0\0\0";
}

# A datagram of a conversation as session_fuzz reads them: 1 of the responder, 4
# with an SPI pair of the target's own.
sub datagram {
	my ($how, $octets) = @_;
	return pack('Cn', $how, length($octets)) . $octets;
}

# Payloads [type, body], as type of the first and octets.
sub chain {
	my @list = @_;
	my $octets = '';
	for my $i (0 .. $#list) {
		my $next = $i < $#list ? $list[$i + 1][0] : 0;
		$octets .= pack('CCn', $next, 0, 4 + length($list[$i][1])) . $list[$i][1];
	}
	return (@list ? $list[0][0] : 0, $octets);
}

# A message of a pair whose key encrypts nothing: SK has a pad length only.
sub null_message {
	my ($exchange, $flags, $id, @list) = @_;
	my ($first, $octets) = chain(@list);
	if ($exchange != 34) {
		$octets = pack('CCn', $first, 0, 4 + length($octets) + 1) . $octets . "\0";
		$first = 46;
	}
	return datagram(4 | ($flags & 8 ? 0 : 1), pack('H32CCCCNN', '0' x 32, $first, 0x20, $exchange,
		$flags, $id, 28 + length($octets)) . $octets);
}

sub proposal {
	my ($protocol, $spi, @transforms) = @_;
	my $octets = '';
	for my $i (0 .. $#transforms) {
		my ($type, $id, $bits) = @{$transforms[$i]};
		my $attribute = $bits ? pack('nn', 0x800e, $bits) : '';
		$octets .= pack('CCnCCn', $i < $#transforms ? 3 : 0, 0, 8 + length($attribute), $type, 0,
			$id) . $attribute;
	}
	return [33, pack('CCnCCCC', 0, 0, 8 + length($spi) + length($octets), 1, $protocol,
		length($spi), scalar @transforms) . $spi . $octets];
}

sub conversation {
	my ($group, $prf, @rest) = @_;
	my @ike = ([1, 20, 128], [2, $prf], [4, $group]);
	my @ts = map { [$_, pack('NCCnnnNN', 1 << 24, 7, 0, 16, 0, 65535, 0x0a010000, 0x0a0100ff)] } 44, 45;
	my $esp = sub { proposal(3, pack('N', $_[0]), [1, 20, 128], [5, 0]) };
	my $ke = [34, pack('nn', $group, 0) . 'k' x 32];
	my $auth = [39, pack('N', 2 << 24) . 'a' x 32];
	my @nonce = map { [40, $_ x 32] } 'i', 'r';
	my $rekey = [41, pack('CCnN', 3, 4, 16393, 0xc1000001)];
	my $out = null_message(34, 8, 0, proposal(1, '', @ike), $ke, $nonce[0]);
	$out .= null_message(34, 32, 0, proposal(1, '', @ike), $ke, $nonce[1]);
	$out .= null_message(35, 8, 1, [35, pack('N', 2 << 24) . 'alice'], $auth, $esp->(0xc1000001), @ts, @rest);
	$out .= null_message(35, 32, 1, [36, pack('N', 2 << 24) . 'bob'], $auth, $esp->(0xc2000001), @ts, @rest);
	$out .= null_message(36, 8, 2, $rekey, $esp->(0xc1000002), $nonce[0], $ke, @ts);
	$out .= null_message(36, 32, 2, $esp->(0xc2000002), $nonce[1], $ke, @ts);
	$out .= null_message(37, 8, 3, [42, pack('CCnN', 3, 4, 1, 0xc1000001)]);
	$out .= null_message(37, 32, 3, [42, pack('CCnN', 3, 4, 1, 0xc2000001)]);
	$out .= null_message(36, 0, 0, proposal(1, pack('H16', '1111111111111101'), @ike), $nonce[0], $ke);
	$out .= null_message(36, 40, 0, proposal(1, pack('H16', '2222222222222201'), @ike), $nonce[1], $ke);
	$out .= null_message(37, 8, 4, [41, pack('CCn', 0, 0, 16400)]);
	$out .= null_message(37, 0, 1, [42, pack('CCn', 1, 0, 0)]);
	return $out . null_message(37, 0, 2);
}

if ($target eq 'session_fuzz') {
	seed(conversation(31, 5));
	seed(conversation(19, 7, [41, pack('CCn', 0, 0, 16436) . "\2id"]));
	seed(conversation(14, 4, [48, pack('CCnC', 4, 1, 4, 0)]));
}

for my $path (@captures) {
	open(my $f, '<:raw', $path) or die;
	local $/;
	my $file = <$f>;
	my $whole = '';
	for (my $at = 24; $at + 16 <= length($file);) {
		my $size = unpack('V', substr($file, $at + 8, 4));
		my $frame = substr($file, $at + 16, $size);
		$at += 16 + $size;
		# link 0: Ethernet; with 0x80 the capture cut it
		if ($target eq 'packet_fuzz') {
			seed("\0$frame");
			seed("\x80" . substr($frame, 0, 60 + $count % 100));
		} elsif (defined(my $m = message($frame))) {
			seed($m) if $target eq 'message_fuzz';
			# 192.0.2.2 or ...::2 is the responder in all samples
			my $from = substr($frame, $frame =~ /^.{12}\x86\xdd/s ? 37 : 29, 1);
			$whole .= datagram($from eq "\2" ? 1 : 0, $m);
		}
	}
	seed($whole) if $target eq 'session_fuzz';
}
exit if $target ne 'packet_fuzz';

# Raw IP packets of SAs that the target has keys for; link 1.
open(my $f, '<', 'ipsec/wire/sealed_testing.h') or die;
my $hex = '';
while (<$f>) {
	$hex .= $1 if /^\s+"([0-9a-f]+)"/;
	next unless /\}/ && $hex;
	seed("\1" . pack('H*', $hex));
	$hex = '';
}
END
