/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/* Decides which bytes of a call to copy. Pure: compiles for the host and is tested there (bpf/tests). */
#ifndef NETPROFILER_PLAN_H
#define NETPROFILER_PLAN_H

#include "capture.h"

struct plan {
	__u32 offset; /* first byte to copy, from the call's first byte */
	__u32 count;  /* bytes to copy */
	__u8 flags;   /* DATA_SKIPPED, DATA_LIMITED */
};

/*
 * Plans a call that moved `length` bytes at `position`. If `skipping`, bytes before `skip_until` are not
 * copied; positions are modulo 2^32, so "before" means less than 2^31 ahead. At most `limit` bytes are
 * copied, from the first byte after the skipped ones: heads come first.
 */
static inline __attribute__((always_inline)) struct plan
plan_capture(__u32 position, __u32 length, int skipping, __u32 skip_until, __u32 limit)
{
	struct plan plan = {.offset = 0, .count = length, .flags = 0};

	if (skipping) {
		__s32 ahead = (__s32)(skip_until - position);

		if (ahead > 0) {
			plan.offset = (__u32)ahead < length ? (__u32)ahead : length;
			plan.count = length - plan.offset;
			plan.flags |= DATA_SKIPPED;
		}
	}
	if (plan.count > limit) {
		plan.count = limit;
		plan.flags |= DATA_LIMITED;
	}
	return plan;
}

/* Slot of a connection in the table of verdicts: the high bits of a multiplicative hash. */
static inline __attribute__((always_inline)) __u32 verdict_slot(__u64 connection)
{
	return (__u32)((connection * 0x9E3779B97F4A7C15ULL) >> 48) & (VERDICT_SLOTS - 1);
}

#endif
