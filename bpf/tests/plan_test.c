/* SPDX-License-Identifier: (MIT OR GPL-2.0-only) */
/*
 * Tests of the pure parts of the kernel side, on the host. Each promise is a function, which returns if it
 * holds.
 */
#include <stdio.h>
#include "../plan.h"

static int passed, failed;

#define EXPECT(condition)                                                                                    \
	do {                                                                                                 \
		if (!(condition)) {                                                                          \
			printf("%s:%d: %s\n", __func__, __LINE__, #condition);                               \
			failures++;                                                                          \
		}                                                                                            \
	} while (0)
#define RUN(test)                                                                                            \
	do {                                                                                                 \
		if (test() == 0)                                                                             \
			passed++;                                                                            \
		else                                                                                         \
			failed++;                                                                            \
	} while (0)

static int without_a_wish_everything_is_copied(void)
{
	int failures = 0;
	struct plan plan = plan_capture(1000, 500, 0, 4000, 65536);

	EXPECT(plan.offset == 0 && plan.count == 500 && plan.flags == 0);
	return failures;
}

static int the_limit_cuts_the_tail(void)
{
	int failures = 0;
	struct plan plan = plan_capture(0, 5000, 0, 0, 4096);

	EXPECT(plan.offset == 0 && plan.count == 4096 && plan.flags == DATA_LIMITED);
	return failures;
}

static int a_limit_of_nothing_copies_nothing(void)
{
	int failures = 0;
	struct plan plan = plan_capture(0, 5000, 0, 0, 0);

	EXPECT(plan.count == 0 && plan.flags == DATA_LIMITED);
	return failures;
}

static int bytes_before_the_wish_are_skipped_and_those_after_it_are_not(void)
{
	int failures = 0;
	struct plan plan = plan_capture(1000, 500, 1, 1200, 65536);

	EXPECT(plan.offset == 200 && plan.count == 300 && plan.flags == DATA_SKIPPED);
	return failures;
}

static int a_call_wholly_before_the_wish_is_skipped_whole(void)
{
	int failures = 0;
	struct plan plan = plan_capture(1000, 500, 1, 1500, 65536);

	EXPECT(plan.offset == 500 && plan.count == 0 && plan.flags == DATA_SKIPPED);
	plan = plan_capture(1000, 500, 1, 900000, 65536);
	EXPECT(plan.offset == 500 && plan.count == 0);
	return failures;
}

static int a_wish_that_was_reached_skips_nothing(void)
{
	int failures = 0;
	struct plan plan = plan_capture(1000, 500, 1, 1000, 65536);

	EXPECT(plan.offset == 0 && plan.count == 500 && plan.flags == 0);
	plan = plan_capture(1000, 500, 1, 10, 65536);
	EXPECT(plan.offset == 0 && plan.count == 500 && plan.flags == 0);
	return failures;
}

static int positions_wrap(void)
{
	int failures = 0;
	struct plan plan = plan_capture(0xFFFFFF00u, 1024, 1, 256, 65536);

	EXPECT(plan.offset == 512 && plan.count == 512 && plan.flags == DATA_SKIPPED);
	plan = plan_capture(100, 50, 1, 0xFFFFFFF0u, 65536);
	EXPECT(plan.offset == 0 && plan.count == 50);
	return failures;
}

static int skip_and_limit_together(void)
{
	int failures = 0;
	struct plan plan = plan_capture(0, 100000, 1, 10000, 4096);

	EXPECT(plan.offset == 10000 && plan.count == 4096 && plan.flags == (DATA_SKIPPED | DATA_LIMITED));
	return failures;
}

static int a_plan_never_leaves_its_call(void)
{
	int failures = 0;
	unsigned int seed = 12345;

	for (int i = 0; i < 1000000; i++) {
		seed = seed * 1664525 + 1013904223;
		__u32 position = seed;
		seed = seed * 1664525 + 1013904223;
		__u32 length = seed >> 8;
		seed = seed * 1664525 + 1013904223;
		struct plan plan = plan_capture(position, length, 1, seed, 65536);

		EXPECT(plan.offset <= length && plan.count <= length - plan.offset && plan.count <= 65536);
		if (failures)
			break;
	}
	return failures;
}

static int slots_are_spread_and_in_range(void)
{
	static unsigned char used[VERDICT_SLOTS];
	int failures = 0, distinct = 0;

	for (__u64 i = 1; i <= 10000; i++) {
		__u32 slot = verdict_slot(i << 13 | (i & 3));

		EXPECT(slot < VERDICT_SLOTS);
		if (failures)
			break;
		distinct += !used[slot];
		used[slot] = 1;
	}
	EXPECT(distinct > 9000);
	return failures;
}

int main(void)
{
	RUN(without_a_wish_everything_is_copied);
	RUN(the_limit_cuts_the_tail);
	RUN(a_limit_of_nothing_copies_nothing);
	RUN(bytes_before_the_wish_are_skipped_and_those_after_it_are_not);
	RUN(a_call_wholly_before_the_wish_is_skipped_whole);
	RUN(a_wish_that_was_reached_skips_nothing);
	RUN(positions_wrap);
	RUN(skip_and_limit_together);
	RUN(a_plan_never_leaves_its_call);
	RUN(slots_are_spread_and_in_range);
	printf("bpf: %d passed, %d failed\n", passed, failed);
	return failed != 0;
}
