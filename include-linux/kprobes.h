/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes: probes on almost any instruction of the running kernel.
 *
 * A probe is a struct kprobe that its user owns: an address and up to three
 * handlers. While it is registered, each CPU that reaches the address
 *
 *   1. runs the pre-handlers of all probes there, the newest first;
 *   2. executes the instruction;
 *   3. runs the post-handlers, in the same order;
 *
 * and when the instruction raises an exception, the fault handlers are asked
 * in place of step 3:
 *
 *	static int pre(struct kprobe *p, struct pt_regs *regs)
 *	{
 *		pr_info("%pS, ax=%lx\n", p->addr, regs->ax);
 *		return 0;
 *	}
 *	static struct kprobe kp = {
 *		.symbol_name = "kernel_clone",
 *		.pre_handler = pre,
 *	};
 *
 *	err = register_kprobe(&kp);	-- probing from here
 *	unregister_kprobe(&kp);		-- to here; then no handler runs any more
 *
 * The pre-handler finds in regs the registers before the instruction, with
 * regs->ip one byte behind the probed address, as a breakpoint leaves it. It
 * may change them. Returning 0 goes on to the instruction, and regs->ip is
 * ignored. Returning non-zero says "I have set regs->ip": the CPU resumes
 * there at once; neither the instruction nor any further handler of this hit
 * runs.
 *
 * The post-handler finds the registers behind the instruction. Its argument
 * flags is zero.
 *
 * The fault handler is asked when the instruction raises an exception (it
 * finds regs->ip at the probed address), and when one of the probe's own
 * handlers does (it finds regs->ip in the handler). Returning 1 says "mended":
 * the CPU goes on at regs->ip, so that, when the handler has left it alone,
 * the instruction is started again, which is another hit. Returning 0 leaves
 * the exception to the next fault handler, then to the kernel's own exception
 * table, then to the oops.
 *
 * Handlers run with interrupts and preemption off, in a context like that of
 * an NMI (in_nmi() is true when the hit came by a breakpoint): they may not sleep
 * nor take a lock that any other context takes without such care. RCU is
 * watching. printk() is fine. A handler that changes regs->sp may raise it, not
 * lower it.
 *
 * Where the kernel is built with dynamic ftrace, the entry of a function is an
 * ftrace location. A probe there is armed through ftrace, beside the function
 * tracer, livepatch and others; the instruction is ftrace's own NOP.
 *
 * Where it is safe, the breakpoint gives way to a jump: at once if the instruction
 * takes five bytes, else a grace period after registration. Nothing that a handler
 * can see depends on it, but for the time that it takes.
 *
 * A probe that is hit while a handler runs on the same CPU, or between its
 * pre- and its post-handler, does not run its handlers: kprobe::nmissed counts
 * it.
 *
 * struct kprobe_site and what is behind it: kernel/kprobes/internal.h.
 * Documentation/trace/kprobes-module.rst shows how to write a probe module.
 */
#ifndef _LINUX_KPROBES_H
#define _LINUX_KPROBES_H

#include <linux/compiler.h>
#include <linux/linkage.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/smp.h>
#include <linux/bug.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/rcupdate.h>
#include <linux/mutex.h>
#include <linux/ftrace.h>
#include <linux/objpool.h>
#include <linux/rethook.h>
#include <asm/kprobes.h>

#ifndef CONFIG_KPROBES
#include <asm-generic/kprobes.h>
typedef int kprobe_opcode_t;
#endif

struct kprobe;
struct kretprobe;
struct kretprobe_instance;
struct pt_regs;
struct task_struct;

typedef int (*kprobe_pre_handler_t)(struct kprobe *p, struct pt_regs *regs);
typedef void (*kprobe_post_handler_t)(struct kprobe *p, struct pt_regs *regs,
				      unsigned long flags);
typedef int (*kprobe_fault_handler_t)(struct kprobe *p, struct pt_regs *regs,
				      int trapnr);
typedef int (*kretprobe_handler_t)(struct kretprobe_instance *ri,
				   struct pt_regs *regs);

/**
 * struct kprobe - a probe
 * @hlist: links the probes that are being unregistered together. Unhashed at
 *	any other time
 * @list: links the probes of one address, in order of registration. Empty
 *	while the probe is not registered, if the user has initialised it
 * @nmissed: hits of this probe whose handlers did not run
 * @addr: where to probe. Either this or @symbol_name is given. Registration
 *	sets it to the address that is probed
 * @symbol_name: the symbol to probe, "module:symbol" for one of a module
 * @offset: bytes to add to the address or symbol
 * @pre_handler: called before the instruction; may be NULL
 * @post_handler: called after it; may be NULL
 * @fault_handler: asked when the instruction or a handler faults; may be NULL
 * @opcode: the byte that the breakpoint replaced; 0 on an ftrace location
 * @flags: KPROBE_FLAG_*. The user may set KPROBE_FLAG_DISABLED before
 *	registration, which overwrites all other bits
 *
 * Zero what is not used. The structure belongs to kprobes from
 * register_kprobe() until unregister_kprobe() returns.
 */
struct kprobe {
	struct hlist_node hlist;
	struct list_head list;
	unsigned long nmissed;
	kprobe_opcode_t *addr;
	const char *symbol_name;
	unsigned int offset;
	kprobe_pre_handler_t pre_handler;
	kprobe_post_handler_t post_handler;
	kprobe_fault_handler_t fault_handler;
	kprobe_opcode_t opcode;
	u32 flags;
} __aligned(8);		/* a hit finds what it is to do in the low bits of its address */

#define KPROBE_FLAG_GONE	1	/* the probed memory was freed */
#define KPROBE_FLAG_DISABLED	2	/* the user does not want it to run now */
#define KPROBE_FLAG_OPTIMIZED	4	/* its site is a jump */
#define KPROBE_FLAG_FTRACE	8	/* its site is armed through ftrace */
#define KPROBE_FLAG_ON_FUNC_ENTRY 16	/* it stands at the entry of a function */
#define KPROBE_FLAG_IPMODIFY	32	/* registered with register_kprobe_ipmodify() */

/* Was the memory under the probe freed? */
static inline bool kprobe_gone(struct kprobe *p)
{
	return p->flags & KPROBE_FLAG_GONE;
}

/* Is it so that its handlers do not run now? */
static inline bool kprobe_disabled(struct kprobe *p)
{
	return p->flags & (KPROBE_FLAG_DISABLED | KPROBE_FLAG_GONE);
}

/* Does a hit of it come by a jump? */
static inline bool kprobe_optimized(struct kprobe *p)
{
	return p->flags & KPROBE_FLAG_OPTIMIZED;
}

/* Does a hit of it come by ftrace? */
static inline bool kprobe_ftrace(struct kprobe *p)
{
	return p->flags & KPROBE_FLAG_FTRACE;
}

/**
 * struct kretprobe - a probe on the return of a function
 * @kp: the probe on its entry; the user sets where. Its handlers and nmissed
 *	belong to the return probe: nmissed counts the calls from handlers
 * @handler: called when the function returns; may be NULL. What it returns is
 *	ignored
 * @entry_handler: called when it is entered; may be NULL. Non-zero: do not
 *	follow this call
 * @maxactive: calls that can be followed at a time. Not positive: 10, or twice
 *	the number of CPUs if that is more
 * @nmissed: calls that were not followed because that many were under way;
 *	@entry_handler did not run for them
 * @data_size: bytes of private data per call, at most KRETPROBE_MAX_DATA_SIZE
 * @rh: the rethook that does the work
 *
 * Zero what is not used. The structure belongs to kprobes from
 * register_kretprobe() until unregister_kretprobe() returns.
 *
 * @entry_handler runs as a pre-handler does. @handler runs in the context of
 * the function's caller, with interrupts and preemption off; regs->ip is where
 * the function returns to, regs_return_value() what it returns. Each call whose
 * @entry_handler ran and returned zero gets its @handler when it returns, also
 * if the probe was disabled in the meantime; not if it was unregistered, nor if
 * RCU is not watching there. Of several return probes of one function, the one
 * registered last is the first to see the return.
 */
struct kretprobe {
	struct kprobe kp;
	kretprobe_handler_t handler;
	kretprobe_handler_t entry_handler;
	int maxactive;
	int nmissed;
	size_t data_size;
	struct rethook *rh;
};

/* There is room for the data of maxactive calls from the start. */
#define KRETPROBE_MAX_DATA_SIZE	4096

/**
 * struct kretprobe_instance - a call that is followed to its return
 * @node: its place in rethook: get_kretprobe_retaddr() has where it returns to
 * @data: kretprobe::data_size bytes for the handlers of this call
 */
struct kretprobe_instance {
	struct rethook_node node;
	char data[];
};

#ifdef CONFIG_KPROBES

/* The probe whose hit is under way on this CPU, NULL if there is none. */
DECLARE_PER_CPU(struct kprobe *, current_kprobe);

int register_kprobe(struct kprobe *p);
int register_kprobe_ipmodify(struct kprobe *p);
void unregister_kprobe(struct kprobe *p);
int register_kprobes(struct kprobe **kps, int num);
void unregister_kprobes(struct kprobe **kps, int num);
int enable_kprobe(struct kprobe *kp);
int disable_kprobe(struct kprobe *kp);

struct kprobe *get_kprobe(void *addr);
kprobe_opcode_t *kprobe_lookup_name(const char *name, unsigned int offset);
int kprobe_on_func_entry(kprobe_opcode_t *addr, const char *sym,
			 unsigned long offset);

bool within_kprobe_blacklist(unsigned long addr);
int kprobe_add_ksym_blacklist(unsigned long entry);
int kprobe_add_area_blacklist(unsigned long start, unsigned long end);

bool is_kprobe_insn_slot(unsigned long addr);
int kprobe_get_kallsym(unsigned int symnum, unsigned long *value, char *type,
		       char *sym);

void kprobe_free_init_mem(void);
void kprobe_busy_begin(void);
void kprobe_busy_end(void);
void kprobe_task_dies(void);

/* The probe whose hit is under way on this CPU. Context: preemption off. */
static inline struct kprobe *kprobe_running(void)
{
	return __this_cpu_read(current_kprobe);
}

/*
 * Was this page fault one that a probe mended? For the page fault handler:
 * called with interrupts off, after spurious faults have been sorted out.
 */
static nokprobe_inline bool kprobe_page_fault(struct pt_regs *regs,
					      unsigned int trapnr)
{
	return kprobe_trap(regs, trapnr);
}

#else /* !CONFIG_KPROBES */

static inline int register_kprobe(struct kprobe *p)
{
	return -EOPNOTSUPP;
}

static inline int register_kprobe_ipmodify(struct kprobe *p)
{
	return -EOPNOTSUPP;
}

static inline void unregister_kprobe(struct kprobe *p)
{
}

static inline int register_kprobes(struct kprobe **kps, int num)
{
	return -EOPNOTSUPP;
}

static inline void unregister_kprobes(struct kprobe **kps, int num)
{
}

static inline int enable_kprobe(struct kprobe *kp)
{
	return -EOPNOTSUPP;
}

static inline int disable_kprobe(struct kprobe *kp)
{
	return -EOPNOTSUPP;
}

static inline struct kprobe *get_kprobe(void *addr)
{
	return NULL;
}

static inline bool within_kprobe_blacklist(unsigned long addr)
{
	return true;
}

static inline bool is_kprobe_insn_slot(unsigned long addr)
{
	return false;
}

static inline int kprobe_get_kallsym(unsigned int symnum, unsigned long *value,
				     char *type, char *sym)
{
	return -ERANGE;
}

static inline void kprobe_free_init_mem(void)
{
}

static inline void kprobe_busy_begin(void)
{
}

static inline void kprobe_busy_end(void)
{
}

static inline void kprobe_task_dies(void)
{
}

static inline struct kprobe *kprobe_running(void)
{
	return NULL;
}

static inline bool kprobe_page_fault(struct pt_regs *regs, unsigned int trapnr)
{
	return false;
}

#endif /* CONFIG_KPROBES */

#ifdef CONFIG_KPROBES
void wait_for_kprobe_optimizer(void);
#else
static inline void wait_for_kprobe_optimizer(void)
{
}
#endif

/* A caller outside of kprobes asks: is_kprobe_insn_slot() answers for all slots. */
static inline bool is_kprobe_optinsn_slot(unsigned long addr)
{
	return false;
}

#ifdef CONFIG_KPROBES_ON_FTRACE
void kprobe_ftrace_kill(void);
#else
static inline void kprobe_ftrace_kill(void)
{
}
#endif

#ifdef CONFIG_KRETPROBES

int register_kretprobe(struct kretprobe *rp);
void unregister_kretprobe(struct kretprobe *rp);
int register_kretprobes(struct kretprobe **rps, int num);
void unregister_kretprobes(struct kretprobe **rps, int num);

/* The return probe that follows the call @ri. Context: any. */
static nokprobe_inline struct kretprobe *get_kretprobe(struct kretprobe_instance *ri)
{
	return (struct kretprobe *)ri->node.rethook->data;
}

/* Where the call @ri returns to, whatever the stack says. Context: any. */
static nokprobe_inline unsigned long get_kretprobe_retaddr(struct kretprobe_instance *ri)
{
	return ri->node.ret_addr;
}

static nokprobe_inline bool is_kretprobe_trampoline(unsigned long addr)
{
	return is_rethook_trampoline(addr);
}

static nokprobe_inline
unsigned long kretprobe_find_ret_addr(struct task_struct *tsk, void *fp,
				      struct llist_node **cur)
{
	return rethook_find_ret_addr(tsk, (unsigned long)fp, cur);
}

#else /* !CONFIG_KRETPROBES */

static inline int register_kretprobe(struct kretprobe *rp)
{
	return -EOPNOTSUPP;
}

static inline void unregister_kretprobe(struct kretprobe *rp)
{
}

static inline int register_kretprobes(struct kretprobe **rps, int num)
{
	return -EOPNOTSUPP;
}

static inline void unregister_kretprobes(struct kretprobe **rps, int num)
{
}

static nokprobe_inline bool is_kretprobe_trampoline(unsigned long addr)
{
	return false;
}

static nokprobe_inline
unsigned long kretprobe_find_ret_addr(struct task_struct *tsk, void *fp,
				      struct llist_node **cur)
{
	return 0;
}

#endif /* CONFIG_KRETPROBES */

/* Rethook cleans up after a task that exits by itself. */
static inline void kprobe_flush_task(struct task_struct *tsk)
{
}

static inline int enable_kretprobe(struct kretprobe *rp)
{
	return enable_kprobe(&rp->kp);
}

static inline int disable_kretprobe(struct kretprobe *rp)
{
	return disable_kprobe(&rp->kp);
}

#endif /* _LINUX_KPROBES_H */
