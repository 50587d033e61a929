/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the rooms of kprobes share: the site, its states, the locks, a hit. arch.h
 * is a part of it.
 *
 * Rooms:
 *
 *	../kprobes.c	the front door: register, unregister, enable, disable
 *	batch.c		registrations and unregistrations that go together
 *	site.c		table of sites, their probes, the state setter
 *	reconcile.c	what the text should show; the steps towards that
 *	route.c		what it shows, and why not a jump, told to people
 *	optimize.c	from breakpoint to jump, a grace period later
 *	table.c		a table by address, which a hit can search
 *	find.c		the look-ups of a hit; slot.h: pages of slots
 *	hit.h		a hit: begin, pre, post, end
 *	dispatch.c	a hit: several probes, faults
 *	missed.c	hits whose handlers did not run, and why
 *	ftrace.c	sites on ftrace locations
 *	address.c	symbol+offset -> address; what may be probed, and why not
 *	reason.c	the same, told to callers and to people
 *	blacklist.c	what may never be probed
 *	reserved.c	text that the kernel patches; branches that do not show
 *	slot.c		executable copies of instructions
 *	retire.c	memory that a CPU may still be using
 *	module.c	text that goes away
 *	kretprobe.c	return probes; kretprobe_hit.c: their hits
 *	debugfs.c	the files in debugfs: list, sites, missed, blacklist, enabled
 *	sysctl.c	debug.kprobes-optimization
 *	sysrq.c		Alt+SysRq+W
 *	arch.h		the contract with the architecture
 *
 * Locks, outermost first:
 *
 *	kprobe_mutex		sites, their states and lists of probes; slots
 *	  ftrace's own		while ftrace arms and disarms
 *	  cpus_read_lock()	while breakpoints and jumps are written
 *	    text_mutex		while reading or writing text
 *
 * A hit takes none of them. It finds its site under RCU, with preemption off,
 * and what it runs in site->active, which is replaced and never changed. Nobody
 * waits for a grace period with any of these locks held.
 */
#ifndef _KERNEL_KPROBES_INTERNAL_H
#define _KERNEL_KPROBES_INTERNAL_H

#include <linux/kprobes.h>
#include <linux/llist.h>
#include <linux/lockdep.h>
#include <linux/ratelimit_types.h>
#include <linux/sched.h>
#include <asm/kprobe_site.h>

#include "table.h"

extern struct mutex kprobe_mutex;

/**
 * struct kprobe_retired - memory to be freed when no CPU can be using it
 * @node: in a list of such
 * @release: frees it; may sleep, runs with no lock held
 */
struct kprobe_retired {
	struct llist_node node;
	void (*release)(struct kprobe_retired *retired);
};

void kprobe_retire(struct kprobe_retired *retired,
		   void (*release)(struct kprobe_retired *retired));
void kprobe_retire_flush(void);

/**
 * enum kprobe_state - what is true of a site
 * @KPROBE_PREPARED: the text is the original; it can be armed
 * @KPROBE_ARMED: the text shows a breakpoint, or ftrace's call
 * @KPROBE_OPTIMIZING: the text shows a breakpoint, whose hits go through the
 *	detour; waits until nobody stands where the jump will be
 * @KPROBE_OPTIMIZED: the text shows a jump to the detour
 * @KPROBE_UNOPTIMIZING: a breakpoint and the rest of a jump; only within
 *	kprobe_reconcile()
 * @KPROBE_GONE: the text was freed and is never touched again
 * @KPROBE_DEAD: out of the table; waits until it can be freed
 *
 *	  from \ to	PREPARED ARMED OPTIMIZING OPTIMIZED UNOPTIMIZING GONE DEAD
 *	PREPARED	   -       x       -          -          -        x    x
 *	ARMED		   x       -       x          -          -        x    -
 *	OPTIMIZING	   x       x       -          x          -        x    -
 *	OPTIMIZED	   -       -       -          -          x        x    -
 *	UNOPTIMIZING	   -       x       -          -          -        -    -
 *	GONE		   -       -       -          -          -        -    x
 *	DEAD		   -       -       -          -          -        -    -
 *
 * kprobe_site_set_state() holds every change against this table.
 */
enum kprobe_state {
	KPROBE_PREPARED,
	KPROBE_ARMED,
	KPROBE_OPTIMIZING,
	KPROBE_OPTIMIZED,
	KPROBE_UNOPTIMIZING,
	KPROBE_GONE,
	KPROBE_DEAD,
	/* private: */
	KPROBE_NR_STATES,
};

/**
 * struct kprobe_site - one probed address
 * @node: in kprobe_site_table, by @addr, until GONE or DEAD. kprobe_mutex, RCU
 * @all: in kprobe_sites, from creation until DEAD. kprobe_mutex, RCU
 * @addr: the address. Constant
 * @probes: kprobe::list of all probes here, also disabled ones, in order of
 *	registration. kprobe_mutex, RCU
 * @active: what a hit runs: see kprobe_active_probes(). Replaced under
 *	kprobe_mutex, read by hits
 * @stale: @active is not what follows from @probes; kprobe_site_grow() and
 *	kprobe_site_shrink() see to it, once for all changes of a batch. kprobe_mutex
 * @state: enum kprobe_state. Only kprobe_site_set_state() writes it, under
 *	kprobe_mutex
 * @wanted: the state that it should have, PREPARED, ARMED or OPTIMIZED; set and
 *	used within kprobe_reconcile(). kprobe_mutex
 * @ripe: while it is OPTIMIZING: nobody stands there any more. kprobe_mutex
 * @told: while it is armed: perf knows. kprobe_mutex
 * @on_ftrace: the address is an ftrace location: this site is armed through
 *	ftrace and @arch is not used. Constant
 * @via: the ftrace_ops that it is armed through, NULL while it is through none.
 *	Calls for the other one count as well: it may have moved. Written under
 *	kprobe_mutex, read by hits
 * @batch: while it is part of a batch under way, or OPTIMIZING. kprobe_mutex
 * @retired: once it is DEAD
 * @arch: the instruction and how it is run. Set up before the site is in the
 *	table; after that arch code only adds to it
 */
struct kprobe_site {
	struct kprobe_node node;
	struct list_head all;
	unsigned long addr;
	struct list_head probes;
	unsigned long active;
	enum kprobe_state state;
	u8 wanted;
	bool ripe;
	bool told;
	bool stale;
	bool on_ftrace;
	struct ftrace_ops *via;
	union {
		struct list_head batch;
		struct kprobe_retired retired;
	};
	struct arch_kprobe_site arch;
};

/**
 * struct kprobe_set - the enabled probes of a site that has several
 * @retired: once it has been replaced
 * @nr: how many there are
 * @probe: the probes, the newest first: their handlers run in this order
 *
 * Never changed once it is published in kprobe_site::active, so a hit that
 * took it before its pre-handlers finds the same probes for its post-handlers.
 */
struct kprobe_set {
	struct kprobe_retired retired;
	unsigned int nr;
	struct kprobe *probe[] __counted_by(nr);
};

/*
 * kprobe_site::active is 0 when no probe is enabled; the only enabled probe's
 * address; or the address of a set, with the first of these bits: a site with one
 * probe, as most are, needs no set. The second: there is a post-handler. The third:
 * there is a fault handler.
 */
#define KPROBE_ACTIVE_SET	1UL
#define KPROBE_ACTIVE_POST	2UL
#define KPROBE_ACTIVE_FAULT	4UL
#define KPROBE_ACTIVE_BITS	(KPROBE_ACTIVE_SET | KPROBE_ACTIVE_POST | KPROBE_ACTIVE_FAULT)

static_assert(__alignof__(struct kprobe) > KPROBE_ACTIVE_BITS);

static __always_inline struct kprobe_set *kprobe_active_set(unsigned long active)
{
	if (!(active & KPROBE_ACTIVE_SET))
		return NULL;
	return (struct kprobe_set *)(active & ~KPROBE_ACTIVE_BITS);
}

/* The only probe; NULL if there is none. There is no set. */
static __always_inline struct kprobe *kprobe_active_only(unsigned long active)
{
	return (struct kprobe *)(active & ~KPROBE_ACTIVE_BITS);
}

static __always_inline bool kprobe_active_has_post(unsigned long active)
{
	return active & KPROBE_ACTIVE_POST;
}

/*
 * The probes in @active as an array, whose length is returned; @only is room for
 * it when there is one probe.
 */
static __always_inline unsigned int
kprobe_active_probes(unsigned long active, struct kprobe **only, struct kprobe *const **probes)
{
	struct kprobe_set *set = kprobe_active_set(active);

	if (set) {
		*probes = set->probe;
		return set->nr;
	}
	*only = kprobe_active_only(active);
	*probes = only;
	return !!*only;
}

/*
 * Why an address is not probed. Each has an errno and a name for the log: see
 * kprobe_refusal_errno() and kprobe_refusal_name().
 */
enum kprobe_refusal {
	KPROBE_OK,
	KPROBE_NO_HANDLE,		/* neither symbol nor address, or both */
	KPROBE_REGISTERED,		/* this very probe is registered */
	KPROBE_NO_SYMBOL,		/* no such symbol */
	KPROBE_NOT_TEXT,		/* user, unmapped, data, vsyscall, freed init text */
	KPROBE_MODULE_COMING,		/* text of a module that is not there yet */
	KPROBE_MODULE_GOING,		/* text of a module that is being removed */
	KPROBE_MODULE_INIT,		/* init text of a module that is initialised */
	KPROBE_BLACKLISTED,		/* the trap path itself, entry code, NOKPROBE_SYMBOL */
	KPROBE_PREAMBLE,		/* CFI or call padding in front of a function */
	KPROBE_JUMP_LABEL,		/* a branch that the kernel patches */
	KPROBE_STATIC_CALL,		/* a call that the kernel patches */
	KPROBE_ALTERNATIVE,		/* a prefix that the kernel patches */
	KPROBE_FTRACE_LOCATION,		/* a call that ftrace patches, and not for us */
	KPROBE_FTRACE_BUSY,		/* ftrace is off, or another may set the IP there */
	KPROBE_FTRACE_DEAD,		/* ftrace has met a bug of its own and stopped */
	KPROBE_BUG_ENTRY,		/* BUG() or WARN() */
	KPROBE_NOT_BOUNDARY,		/* inside an instruction */
	KPROBE_FOREIGN_BREAKPOINT,	/* INT3, a debugger's or padding */
	KPROBE_UNDECODABLE,		/* not an instruction we know */
	KPROBE_TRAP_INSN,		/* an instruction that only raises an exception */
	KPROBE_CFI_CHECK,		/* the CFI trap decodes it */
	KPROBE_LATE_RELOC,		/* relocated when what a livepatch is for is loaded */
	KPROBE_LEAVING_INSN,		/* IRET, SYSRET, far branch, VM entry ... */
	KPROBE_AMBIGUOUS_INSN,		/* a branch that processors execute differently */
	KPROBE_OUT_OF_REACH,		/* a slot is too far from its operand */
	KPROBE_NOT_ENTRY,		/* a return probe inside a function */
	KPROBE_NO_RETURN,		/* a function that returns on another stack */
	KPROBE_DATA_SIZE,		/* a return probe with too much data */
	KPROBE_NO_MEMORY,
	KPROBE_NR_REFUSALS,
};

/* reason.c */

/**
 * struct kprobe_reason - why a probe is refused, for people
 * @nr: which one it is of those that are registered together
 * @refusal: why
 * @addr: the address that it asks for; 0 if that is not known
 * @detail: what helps to mend it, in brackets; or nothing
 */
struct kprobe_reason {
	unsigned int nr;
	enum kprobe_refusal refusal;
	unsigned long addr;
	char detail[96];
};

extern struct ratelimit_state kprobe_telling;

int kprobe_refusal_errno(enum kprobe_refusal refusal);
const char *kprobe_refusal_name(enum kprobe_refusal refusal);
void kprobe_reason_find(struct kprobe_reason *reason);
int kprobe_refuse(const struct kprobe *kp, const struct kprobe_reason *reason);
int kprobe_refuse_to_enable(const struct kprobe *kp, enum kprobe_refusal refusal);

/* batch.c */

/**
 * struct kprobe_batch - registrations and unregistrations that go together
 * @sites: sites that they have touched, to be reconciled in one go
 * @leaving: kprobe::hlist of probes whose memory returns to the user
 * @failed: registrations that are undone; the probes are restored when no hit can be
 *	using them
 * @ipmodify: the probes that are registered may set the IP, and ftrace is told so
 */
struct kprobe_batch {
	struct list_head sites;
	struct hlist_head leaving;
	struct kprobe_registration *failed;
	bool ipmodify;
};

void kprobe_batch_begin(struct kprobe_batch *batch);
void kprobe_batch_queue(struct kprobe_batch *batch, struct kprobe_site *site);
bool kprobe_batch_register(struct kprobe_batch *batch, struct kprobe **kps, unsigned int num,
			   struct kprobe_reason *reason);
bool kprobe_batch_remove(struct kprobe_batch *batch, struct kprobe *kp);
void kprobe_batch_remove_from(struct kprobe_batch *batch, struct kprobe_site *site,
			      struct kprobe *kp);
void kprobe_batch_end(struct kprobe_batch *batch);

/* site.c */
extern struct list_head kprobe_sites;
extern struct kprobe_table kprobe_site_table;

/*
 * Walks over sites and probes, of which there can be tens of thousands. A kernel
 * without preemption runs nothing else on the CPU meanwhile, so each step offers to
 * schedule. Only for process context, with no lock held but mutexes.
 */
#define kprobe_for_each(pos, head, member)				\
	for (pos = list_first_entry(head, typeof(*pos), member);	\
	     !list_entry_is_head(pos, head, member);			\
	     cond_resched(), pos = list_next_entry(pos, member))

/* The same, where @pos may leave the list. */
#define kprobe_for_each_safe(pos, next, head, member)			\
	for (pos = list_first_entry(head, typeof(*pos), member),	\
	     next = list_next_entry(pos, member);			\
	     !list_entry_is_head(pos, head, member);			\
	     cond_resched(), pos = next, next = list_next_entry(next, member))

/**
 * kprobe_site_find() - find the site at an address
 * @addr: the probed address
 *
 * Context: preemption off, or rcu_read_lock().
 * Return: the site, or NULL.
 */
static __always_inline struct kprobe_site *kprobe_site_find(unsigned long addr)
{
	struct kprobe_node *node = kprobe_table_find(&kprobe_site_table, addr);

	return node ? container_of(node, struct kprobe_site, node) : NULL;
}

int kprobe_site_init(void);
struct kprobe_site *kprobe_site_lookup(unsigned long addr);
struct kprobe_site *kprobe_site_of(const struct kprobe *kp);
enum kprobe_refusal kprobe_site_prepare(struct kprobe_site *site);
enum kprobe_refusal __must_check kprobe_site_get(unsigned long addr, struct kprobe_site **site);
void kprobe_site_put(struct kprobe_site *site);
void kprobe_site_set_state(struct kprobe_site *site, enum kprobe_state state);
bool kprobe_state_may_follow(enum kprobe_state from, enum kprobe_state to);
enum kprobe_refusal __must_check kprobe_site_add(struct kprobe_site *site, struct kprobe *kp);
void kprobe_site_del(struct kprobe_site *site, struct kprobe *kp);
enum kprobe_refusal __must_check kprobe_site_grow(struct kprobe_site *site);
void kprobe_site_shrink(struct kprobe_site *site);
enum kprobe_refusal __must_check kprobe_site_enable(struct kprobe_site *site, struct kprobe *kp);
void kprobe_site_disable(struct kprobe_site *site, struct kprobe *kp);
void kprobe_sites_gone(unsigned long start, unsigned long end);
void kprobe_sites_leave(unsigned long start, unsigned long end);

/* reconcile.c */
extern bool kprobe_switched_on;
extern int kprobe_optimization;
bool kprobe_site_wants_arming(const struct kprobe_site *site);
bool kprobe_site_is_settled(const struct kprobe_site *site);
bool kprobe_site_has_neighbour(const struct kprobe_site *site);
void kprobe_queue_neighbours(struct list_head *sites, const struct kprobe_site *site);
enum kprobe_refusal kprobe_reconcile(struct list_head *sites);
void kprobe_queue_all(struct list_head *sites);
void kprobe_reconsider_jumps(void);
void kprobe_reconcile_breakpoints(struct list_head *sites);

/* route.c */

/**
 * struct kprobe_route - how control gets from a site to its handlers, for people
 * @name: jump, ftrace or breakpoint; or not armed
 * @way: how the instruction is run, NULL if that goes without saying
 * @why_way: why it is run in no cheaper way, NULL if there is no reason
 * @why: why it is on no faster route, or is not armed; NULL if there is no reason
 */
struct kprobe_route {
	const char *name;
	const char *way;
	const char *why_way;
	const char *why;
};

/* The longest text of a route, and its NUL. */
#define KPROBE_ROUTE_LEN	160

struct kprobe_route kprobe_route_of(const struct kprobe_site *site);
void kprobe_route_text(const struct kprobe_route *route, char *text);

/* optimize.c */
void kprobe_wait_until_ripe(struct kprobe_site *site);
void kprobe_optimizer_start(void);

/* dispatch.c */

/**
 * struct kprobe_hit - one execution of a probed instruction
 * @site: where
 * @active: kprobe_site::active when the hit began; 0 when it is missed
 * @outer: the probe whose handler this hit interrupted, NULL mostly
 */
struct kprobe_hit {
	struct kprobe_site *site;
	unsigned long active;
	struct kprobe *outer;
};

extern struct kprobe kprobe_busy;
DECLARE_PER_CPU(unsigned int, kprobe_handler_nmi_depth);
DECLARE_PER_CPU(bool, kprobe_in_post_handler);

int kprobe_dispatch_init(void);
void kprobe_hit_rejoin(struct kprobe_hit *hit, struct kprobe_site *site);
bool kprobe_hit_pre_set(const struct kprobe_set *set, struct pt_regs *regs);
void kprobe_hit_post_set(const struct kprobe_set *set, struct pt_regs *regs);
bool kprobe_hit_fault(struct kprobe_hit *hit, struct pt_regs *regs, int trapnr);
bool kprobe_handler_fault(struct pt_regs *regs, int trapnr);

/* missed.c */

/**
 * enum kprobe_missed_cause - why a hit ran no handlers
 * @KPROBE_MISSED_IN_HANDLER: a handler was running on this CPU
 * @KPROBE_MISSED_BUSY: another hit was under way, but no handler was running: it
 *	came in between, from an NMI say; or kprobe_busy_begin() was called
 * @KPROBE_MISSED_NO_STEP: it would have had to be stepped under the trap flag
 *	where that cannot be used
 * @KPROBE_MISSED_NO_INSTANCE: of a return probe: all its instances were in use
 * @KPROBE_MISSED_LEAVING: of a return probe that was being unregistered
 * @KPROBE_MISSED_ENDED: the pre-handler of a newer probe at the same address
 *	returned non-zero. This is in no kprobe::nmissed
 * @KPROBE_MISSED_UNWATCHED: it came through a jump, or to the end of a step that
 *	a call follows, where RCU was not watching; or the CPU was offline. This is in
 *	no kprobe::nmissed: the probe may be gone
 * @KPROBE_MISSED_NO_RCU: a call that was followed has returned where RCU was not
 *	watching. This is in no kretprobe::nmissed
 *
 * kprobe_missed_name() has it in words.
 */
enum kprobe_missed_cause {
	KPROBE_MISSED_IN_HANDLER,
	KPROBE_MISSED_BUSY,
	KPROBE_MISSED_NO_STEP,
	KPROBE_MISSED_NO_INSTANCE,
	KPROBE_MISSED_LEAVING,
	KPROBE_MISSED_ENDED,
	KPROBE_MISSED_UNWATCHED,
	KPROBE_MISSED_NO_RCU,
	/* private: */
	KPROBE_NR_MISSED,
};

const char *kprobe_missed_name(enum kprobe_missed_cause cause);
unsigned long kprobe_missed_total(enum kprobe_missed_cause cause);
void kprobe_count_missed(enum kprobe_missed_cause cause, unsigned int nr);
void kprobe_miss(unsigned long active, enum kprobe_missed_cause cause);

/* ftrace.c */
#ifdef CONFIG_KPROBES_ON_FTRACE
bool kprobe_is_on_ftrace(unsigned long addr);
bool kprobe_ftrace_is_settled(const struct kprobe_site *site);
enum kprobe_refusal kprobe_ftrace_reconcile(struct list_head *sites);
#else
static inline bool kprobe_is_on_ftrace(unsigned long addr)
{
	return false;
}

static inline bool kprobe_ftrace_is_settled(const struct kprobe_site *site)
{
	return true;
}

static inline enum kprobe_refusal kprobe_ftrace_reconcile(struct list_head *sites)
{
	return KPROBE_OK;
}
#endif

/**
 * struct kprobe_range - a part of the text
 * @start: its first byte
 * @end: behind its last
 */
struct kprobe_range {
	unsigned long start;
	unsigned long end;
};

static inline bool kprobe_range_has(const struct kprobe_range *range, unsigned long addr)
{
	return addr >= range->start && addr < range->end;
}

/* address.c */

/**
 * struct kprobe_function - what is asked once for all probes in a function
 * @range: the function, as far as one symbol reaches; empty when there is none
 * @mod: its module, to which this holds a reference, NULL for the kernel's image
 * @asked: the following are known: kprobe_check_address() asks
 * @refusal: why there can be no probe in all of it: its name tells
 * @mixed: some of its addresses are on the blacklist, or the kernel patches them
 */
struct kprobe_function {
	struct kprobe_range range;
	struct module *mod;
	bool asked;
	enum kprobe_refusal refusal;
	bool mixed;
};

/* The longest "module:symbol", and its NUL. */
#define KPROBE_NAME_LEN		(MODULE_NAME_LEN + KSYM_NAME_LEN)

bool kprobe_read_name(const char *symbol, char *name);
enum kprobe_refusal kprobe_function_find(struct kprobe_function *function, unsigned long addr);
void kprobe_function_put(struct kprobe_function *function);
enum kprobe_refusal kprobe_resolve(const struct kprobe *kp, struct kprobe_function *function,
				   unsigned long *addr);
bool kprobe_is_called(unsigned long addr);
bool kprobe_is_entry(const struct kprobe_function *function, unsigned long addr);
enum kprobe_refusal kprobe_check_address(struct kprobe_function *function, unsigned long addr);

/* blacklist.c */

/* NOKPROBE_SYMBOL() of the kernel's own image: addresses of functions. */
extern unsigned long __start_kprobe_blacklist[];
extern unsigned long __stop_kprobe_blacklist[];

int kprobe_blacklist_init(void);
int kprobe_blacklist_add_names(const char * const *name, unsigned int nr);
int kprobe_blacklist_add_module(struct module *mod);
void kprobe_blacklist_remove(unsigned long start, unsigned long end);
bool kprobe_blacklist_touches(const struct kprobe_range *range);
bool kprobe_blacklist_has_parent(char *name);
bool kprobe_blacklist_next(unsigned long addr, struct kprobe_range *range);

/* reserved.c */

/* The tables of the kernel's own image. */
extern struct static_call_site __start_static_call_sites[];
extern struct static_call_site __stop_static_call_sites[];
extern const struct exception_table_entry __start___ex_table[];
extern const struct exception_table_entry __stop___ex_table[];

typedef void (*kprobe_branch_fn)(unsigned long from, unsigned long to, void *arg);

int kprobe_reserved_index_image(void);
int kprobe_reserved_add_module(const struct module *mod);
void kprobe_reserved_remove(unsigned long start);
enum kprobe_refusal kprobe_reserved_in(unsigned long start, unsigned long end);
bool kprobe_reserved_range(unsigned long addr, struct kprobe_range *range);
void kprobe_walk_labels(unsigned long start, unsigned long end, kprobe_branch_fn fn, void *arg);
void kprobe_walk_fixups(unsigned long start, unsigned long end, kprobe_branch_fn fn, void *arg);

/* module.c */
#ifdef CONFIG_MODULES
int kprobe_module_init(void);
int kprobe_module_event(struct notifier_block *nb, unsigned long state, void *data);
bool kprobe_in_module_text(unsigned long addr, const struct module *mod);
enum kprobe_refusal kprobe_module_check(const struct module *mod, unsigned long addr);
enum kprobe_refusal kprobe_module_hold(unsigned long addr, struct module **result);
#else
static inline int kprobe_module_init(void)
{
	return 0;
}

static inline enum kprobe_refusal kprobe_module_hold(unsigned long addr,
						     struct module **result)
{
	return KPROBE_NOT_TEXT;
}
#endif

#ifdef CONFIG_LIVEPATCH
struct klp_modinfo;

bool kprobe_klp_relocates(const struct klp_modinfo *info, unsigned long start,
			  unsigned long end);
bool kprobe_relocated_late(unsigned long start, unsigned long end);
#else
static inline bool kprobe_relocated_late(unsigned long start, unsigned long end)
{
	return false;
}
#endif

/* kretprobe.c */
#ifdef CONFIG_KRETPROBES
bool kprobe_is_return(const struct kprobe *kp);
#else
static inline bool kprobe_is_return(const struct kprobe *kp)
{
	return false;
}
#endif

/* For probes that are. */
typedef bool (*kprobe_has_fn)(unsigned long addr, const void *arg);

bool kretprobe_has(const struct kprobe *kp, kprobe_has_fn has, const void *arg);
int kretprobe_entry(struct kprobe *kp, struct pt_regs *regs);
void kretprobe_return(struct rethook_node *node, void *data, unsigned long ret_addr,
		      struct pt_regs *regs);
void kretprobe_take_handlers(struct kretprobe *rp);
enum kprobe_refusal kretprobe_check(const struct kprobe *kp, unsigned long addr, bool on_entry);
enum kprobe_refusal kretprobe_alloc(struct kprobe *kp);
void kretprobe_stop(struct kprobe *kp);
void kretprobe_free(struct kprobe *kp);

/* debugfs.c */
int kprobe_switch_all(bool on);

/* slot.c */

/**
 * struct kprobe_slot - executable memory
 * @site: for which site
 * @code: what is executed
 */
struct kprobe_slot {
	struct kprobe_site *site;
	u8 code[];
};

void kprobe_slot_init(void);
size_t kprobe_slot_size(size_t size);
struct kprobe_slot *kprobe_slot_alloc(size_t size);
void kprobe_slot_free(struct kprobe_slot *slot);
const struct kprobe_slot *kprobe_slot_find(unsigned long addr);

#include "arch.h"

#endif /* _KERNEL_KPROBES_INTERNAL_H */
