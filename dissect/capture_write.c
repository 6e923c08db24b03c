/* SPDX-License-Identifier: BSD-2-Clause
 * Capture files out, through libpcap's savefiles. */
#include "dissect/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct capture_writer {
	const char *name;
	pcap_t *pcap;		/* says what kind of file it is */
	pcap_dumper_t *dumper;
	FILE *file;		/* the dumper's */
	int error;		/* errno of the first write that failed */
};

/* fd becomes the writer's. */
static bool writer_begin(struct capture_writer *w, int fd, int link, struct err *e)
{
	w->file = fdopen(fd, "wb");
	if (!w->file) {
		close(fd);
		return err_set(e, "%s: %s", w->name, strerror(errno));
	}
	w->pcap = pcap_open_dead_with_tstamp_precision(link, CAPTURE_OCTETS_MAX,
						       PCAP_TSTAMP_PRECISION_NANO);
	w->dumper = w->pcap ? pcap_dump_fopen(w->pcap, w->file) : NULL;
	if (w->dumper)
		return true;
	err_set(e, "%s: %s", w->name, w->pcap ? pcap_geterr(w->pcap) : "out of memory");
	fclose(w->file);
	return false;
}

struct capture_writer *capture_writer_open(const char *path, int link, struct err *e)
{
	bool out = strcmp(path, "-") == 0;
	int fd = out ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) :
		       open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		err_set(e, "%s: %s", out ? "(standard output)" : path, strerror(errno));
		return NULL;
	}
	struct capture_writer *w = calloc(1, sizeof *w);
	if (!w)
		abort();
	w->name = out ? "(standard output)" : path;
	if (writer_begin(w, fd, link, e))
		return w;
	if (w->pcap)
		pcap_close(w->pcap);
	free(w);
	return NULL;
}

static bool writer_good(struct capture_writer *w)
{
	if (!w->error && ferror(w->file))
		w->error = errno ? errno : EIO;
	return !w->error;
}

bool capture_writer_put(struct capture_writer *w, int64_t seconds, uint32_t nanoseconds,
			struct span octets, uint32_t length)
{
	struct pcap_pkthdr h = { .caplen = (uint32_t)octets.n, .len = length };
	if (w->error || octets.n > CAPTURE_OCTETS_MAX)
		return !w->error;
	h.ts.tv_sec = seconds;
	h.ts.tv_usec = nanoseconds;	/* nanoseconds: as the file was opened for */
	if (h.len < h.caplen)
		h.len = h.caplen;
	errno = 0;
	pcap_dump((u_char *)w->dumper, &h, octets.p ? octets.p : (const u_char *)"");
	return writer_good(w);
}

bool capture_writer_flush(struct capture_writer *w)
{
	errno = 0;
	if (!w->error && fflush(w->file) != 0)
		w->error = errno;
	return !w->error;
}

bool capture_writer_close(struct capture_writer *w, struct err *e)
{
	if (!w)
		return true;
	capture_writer_flush(w);
	int error = w->error;
	if (error)
		err_set(e, "%s: %s", w->name, strerror(error));
	pcap_dump_close(w->dumper);
	pcap_close(w->pcap);
	free(w);
	return !error;
}

bool capture_writer_chown(struct capture_writer *w, unsigned uid, unsigned gid)
{
	struct stat st;
	return fstat(fileno(w->file), &st) == 0 && S_ISREG(st.st_mode) &&
	       fchown(fileno(w->file), uid, gid) == 0;
}
