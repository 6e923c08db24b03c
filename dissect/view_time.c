/* SPDX-License-Identifier: BSD-2-Clause
 * A frame's time as RFC 3339 has it, in UTC, with six digits behind the point.
 * By hand, because a file may claim any time. */
#include "dissect/view_private.h"

static void digits(struct text *t, uint64_t v, uint64_t unit)
{
	for (; unit; unit /= 10)
		text_char(t, (char)('0' + v / unit % 10));
}

/* "2026-11-21T02:00:00.123456Z": days since 1970 to a date of the Gregorian
 * calendar, counted in eras of 400 years that begin on a 1 March. */
void view_time(struct text *t, const struct frame *f)
{
	int64_t day = f->seconds / 86400, second = f->seconds % 86400;
	if (second < 0) {
		second += 86400;
		day--;
	}
	day += 719468;
	int64_t era = (day >= 0 ? day : day - 146096) / 146097;
	uint64_t of_era = (uint64_t)(day - era * 146097);
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint64_t m = (5 * of_year + 2) / 153;		/* 0: March */
	uint64_t month = m < 10 ? m + 3 : m - 9;
	int64_t y = (int64_t)year + era * 400 + (month <= 2);
	if (y < 0)
		text_char(t, '-');
	uint64_t shown = (uint64_t)(y < 0 ? -y : y);
	if (shown > 9999)
		text_dec(t, shown);
	else
		digits(t, shown, 1000);
	text_char(t, '-');
	digits(t, month, 10);
	text_char(t, '-');
	digits(t, of_year - (153 * m + 2) / 5 + 1, 10);
	text_char(t, 'T');
	digits(t, (uint64_t)second / 3600, 10);
	text_char(t, ':');
	digits(t, (uint64_t)second / 60 % 60, 10);
	text_char(t, ':');
	digits(t, (uint64_t)second % 60, 10);
	text_char(t, '.');
	digits(t, f->nanoseconds / 1000, 100000);
	text_char(t, 'Z');
}
