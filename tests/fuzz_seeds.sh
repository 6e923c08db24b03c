#!/bin/sh
# Seeds for a libFuzzer target, from the sample captures and the packets of the
# tests. usage: fuzz_seeds.sh TARGET FOLDER   (perl-base: on every Debian)
set -eu
case $1 in
keys_fuzz)
	find captures/samples -path '*.keys/*' -type f -size -64k ! -name '*.pcap' ! -name '*.json' |
		while read -r f; do cp "$f" "$2/$(echo "$f" | tr / _)"; done
	exit ;;
packet_fuzz | message_fuzz) ;;
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

for my $path (@captures) {
	open(my $f, '<:raw', $path) or die;
	local $/;
	my $file = <$f>;
	for (my $at = 24; $at + 16 <= length($file);) {
		my $size = unpack('V', substr($file, $at + 8, 4));
		my $frame = substr($file, $at + 16, $size);
		$at += 16 + $size;
		# link 0: Ethernet; with 0x80 the capture cut it
		if ($target eq 'packet_fuzz') {
			seed("\0$frame");
			seed("\x80" . substr($frame, 0, 60 + $count % 100));
		} elsif (defined(my $m = message($frame))) {
			seed($m);
		}
	}
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
