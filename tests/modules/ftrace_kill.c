// SPDX-License-Identifier: GPL-2.0
/*
 * What becomes of probes when ftrace dies.
 *
 * Loading it kills ftrace for good, as a bug in ftrace would. Loading fails with
 * -EIO, and the log says of what, if probes do not behave as they should then.
 */

#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static noinline int traced(int arg)
{
	barrier();
	return arg + 1;
}

static noinline int other(int arg)
{
	barrier();
	return arg + 100;
}

static int hits;

static int pre(struct kprobe *kp, struct pt_regs *regs)
{
	hits++;
	return 0;
}

static struct kprobe on_ftrace = { .addr = (void *)traced, .pre_handler = pre };
static struct kprobe resting = {
	.addr = (void *)traced, .pre_handler = pre, .flags = KPROBE_FLAG_DISABLED,
};
static struct kprobe late = { .addr = (void *)other, .pre_handler = pre };
/* The address is its ftrace location, behind which an instruction begins. */
static struct kprobe breakpoint = {
	.offset = MCOUNT_INSN_SIZE, .pre_handler = pre,
};

static int hits_of(int (*func)(int arg))
{
	hits = 0;
	/* Or the compiler calls a clone of its own, which is not probed. */
	OPTIMIZER_HIDE_VAR(func);
	func(1);
	return hits;
}

#define expect(what)						\
	do {							\
		if (!(what)) {					\
			pr_err("ftrace_kill: not so: %s\n", #what);	\
			failed = true;				\
		}						\
	} while (0)

/* Probes are disarmed by a work item. */
static bool goes_quiet(void)
{
	int tries;

	for (tries = 0; tries < 50 && hits_of(traced); tries++)
		msleep(100);
	return !hits;
}

static int __init ftrace_kill_init(void)
{
	void (*kill)(void) = (void *)kallsyms_lookup_name("ftrace_kill");
	bool failed = false;

	if (!kill)
		return -ENOENT;
	/* Registration says where the location is. */
	expect(register_kprobe(&late) == 0);
	unregister_kprobe(&late);
	breakpoint.addr = late.addr;
	late.addr = (void *)other;

	expect(register_kprobe(&on_ftrace) == 0);
	expect(register_kprobe(&resting) == 0);
	expect(register_kprobe(&breakpoint) == 0);
	expect(kprobe_ftrace(&on_ftrace) && !kprobe_ftrace(&breakpoint));
	expect(hits_of(traced) == 1);

	kill();
	expect(goes_quiet());
	expect(hits_of(other) == 1);
	expect(enable_kprobe(&resting) == -ENODEV);
	expect(kprobe_disabled(&resting));
	expect(register_kprobe(&late) == -ENODEV);
	expect(disable_kprobe(&on_ftrace) == 0);
	expect(enable_kprobe(&on_ftrace) == -ENODEV);
	unregister_kprobe(&resting);
	unregister_kprobe(&on_ftrace);
	unregister_kprobe(&breakpoint);
	expect(hits_of(traced) == 0);
	expect(hits_of(other) == 0);
	return failed ? -EIO : 0;
}

static void __exit ftrace_kill_exit(void)
{
}

module_init(ftrace_kill_init)
module_exit(ftrace_kill_exit)
MODULE_DESCRIPTION("what becomes of probes when ftrace dies");
MODULE_LICENSE("GPL");
