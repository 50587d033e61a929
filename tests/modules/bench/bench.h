/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kprobe_bench: what probes cost. The same source runs in a vanilla kernel, so
 * nothing but the public interface is used, and what the text shows.
 *
 *	main.c		commands and results, through debugfs
 *	clock.c		what is counted: instructions, or nanoseconds
 *	targets.c	the functions that are probed
 *	text.c		where in the kernel's own text probes are accepted
 *	hit.c		what a hit costs, by route
 *	crowd.c		the same beside many other probes
 *	batch.c		registering, unregistering, memory
 *	fault.c		exceptions far from any probe
 */
#ifndef KPROBE_BENCH_H
#define KPROBE_BENCH_H

#include <linux/kprobes.h>
#include <linux/types.h>
#include <asm/text-patching.h>

/* main.c */
__printf(2, 3) void bench_fail(const char *name, const char *fmt, ...);
__printf(2, 3) void bench_value(u64 value, const char *fmt, ...);
void bench_route(const char *name, const char *route);

/**
 * struct bench_span - the time between two points of the program
 * @ticks: of the TSC: instructions, under QEMU's -icount
 * @idle_us: how much of it the CPU had nothing to do, in microseconds
 */
struct bench_span {
	u64 ticks;
	u64 idle_us;
};

/* clock.c */
void bench_start(struct bench_span *span);
void bench_stop(struct bench_span *span);
u64 bench_work(const struct bench_span *span);
u64 bench_ns(const struct bench_span *span);
u64 bench_units(u64 ticks);

enum bench_handlers {
	WITH_PRE = BIT(0),
	WITH_POST = BIT(1),
	WITH_RETURN = BIT(2),
};

/**
 * struct bench_target - a function to be called and probed
 * @call: the function
 * @at: the instruction in it
 * @count: what each call adds 1 to
 */
struct bench_target {
	void (*call)(void);
	u8 *at;
	unsigned long *count;
};

/* What the first byte of a place shows */
static inline bool bench_is_breakpoint(const u8 *at)
{
	return *at == INT3_INSN_OPCODE;
}

static inline bool bench_is_jump(const u8 *at)
{
	return *at == JMP32_INSN_OPCODE;
}

static inline bool bench_is_call(const u8 *at)
{
	return *at == CALL_INSN_OPCODE;
}

/* targets.c */
enum bench_target_id {
	TARGET_MOV_IMM,		/* 5 bytes, nobody emulates it */
	TARGET_ALU,		/* 7 bytes, memory */
	TARGET_PUSH,		/* 5 bytes, could be emulated */
	TARGET_SHORT_ALU,	/* 2 bytes, memory; a branch leads to the next one */
	TARGET_SHORT_MOV,	/* 3 bytes, could be emulated; likewise */
	TARGET_SHORT_JMP,	/* 2 bytes, everybody emulates it; likewise */
	TARGET_TRACED,		/* an ftrace location */
	TARGET_ENTRY_LONG,	/* begins with 5 bytes */
	TARGET_ENTRY_SHORT,	/* begins with 2, and a branch leads to the next ones */
	TARGET_INT3,		/* a breakpoint that is no probe's */
	NR_TARGETS,
};
extern const struct bench_target bench_targets[NR_TARGETS];

/* hit.c */
/**
 * struct bench_hit - a way to be called at a function
 * @name: of the result
 * @target: the function
 * @handlers: which handlers the probe has
 * @jump: is there room for a jump?
 * @rp: the probe; only its kp without WITH_RETURN
 * @calls: how many calls are timed
 * @without: what they take without the probe
 */
struct bench_hit {
	const char *name;
	enum bench_target_id target;
	unsigned int handlers;
	bool jump;
	struct kretprobe rp;
	unsigned long calls;
	u64 without;
};

int bench_hit_begin(struct bench_hit *hit, unsigned long calls);
void bench_hit_measure(struct bench_hit *hit, const char *name);
void bench_hit_end(struct bench_hit *hit);
int bench_foreign(const char *name, unsigned long calls);
int bench_hits(unsigned long calls);

/* text.c */
#define BENCH_JUMP_SIZE	JMP32_INSN_SIZE

/**
 * struct bench_text - addresses in the kernel's text
 * @at: sorted
 * @nr: how many
 */
struct bench_text {
	unsigned long *at;
	unsigned int nr;
};
extern struct bench_text bench_text_traced, bench_text_early, bench_text_inside;

int bench_text_init(void);
void bench_text_exit(void);
unsigned long bench_lookup(const char *symbol);

/**
 * struct bench_probes - probes that are, were or will be registered
 * @kp: the probes
 * @kps: pointers to them
 * @was: their text, not armed
 * @nr: how many
 */
struct bench_probes {
	struct kprobe *kp;
	struct kprobe **kps;
	u8 (*was)[BENCH_JUMP_SIZE];
	unsigned int nr;
};

struct bench_probes *bench_probes_pick(const struct bench_text *text, unsigned int nr);
void bench_probes_free(struct bench_probes *probes);

/* crowd.c */
extern unsigned int bench_crowd_size;
int bench_crowd(unsigned long nr);
void bench_crowd_exit(void);

/* batch.c */
int bench_one(unsigned long nr);
int bench_batch(unsigned long nr);
int bench_jumps(unsigned long nr);
int bench_ftrace(unsigned long nr);
int bench_next(unsigned long nr);

/* fault.c */
int bench_faults(const char *name);

#endif
