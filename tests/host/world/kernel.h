/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the impure files of the stack need of the kernel, on the host. It is included
 * before each of them; the kernel's own headers are empty there.
 *
 * What a test has to see or to decide is a function of world.c: text that is written,
 * broadcasts, grace periods, memory. All else is the least that compiles and means the
 * same on the one CPU that there is.
 */
#ifndef _HOST_WORLD_KERNEL_H
#define _HOST_WORLD_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/stringify.h>
#include <linux/types.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

#define CONFIG_KPROBES		1
#define CONFIG_TASKS_RCU	1
#define CONFIG_X86_DEBUGCTLMSR	1

/* The compiler and the linker */
#undef noinline
#define noinline		__attribute__((noinline))
#define asmlinkage
#define nokprobe_inline		__always_inline
#define __init
#define __read_mostly
#define __visible
#define __must_check
#define __counted_by(member)
#ifndef __aligned
#define __aligned(n)		__attribute__((aligned(n)))
#endif
#define ____cacheline_aligned
#define NOKPROBE_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)
#define __setup(name, function)	static __always_unused void *function##_used = function
#define early_initcall(function) static __always_unused void *function##_used = function
#ifndef static_assert
#define static_assert		_Static_assert
#endif

/* Numbers */
#define PAGE_SIZE		4096UL
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#undef BITS_PER_LONG
#define BITS_PER_LONG		__LONG_WIDTH__
#undef min
#undef max
#define min(a, b)		({ typeof(a) a_ = (a); typeof(b) b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b)		({ typeof(a) a_ = (a); typeof(b) b_ = (b); a_ > b_ ? a_ : b_; })
#ifndef ULONG_MAX
#define ULONG_MAX		(~0UL)
#endif
#ifndef ALIGN_DOWN
#define ALIGN_DOWN(x, a)	((x) & ~((typeof(x))(a) - 1))
#endif
#define HZ			1000
#ifndef EFAULT
#define EFAULT			14
#define ERANGE			34
#define ENOMEM			12
#define EOPNOTSUPP		95
#endif
#define KSYM_NAME_LEN		512
#define MODULE_NAME_LEN		56
#define NMI_MASK		0xf00000U

/* Memory accesses */
#define smp_store_release(p, v)	do { barrier(); WRITE_ONCE(*(p), v); } while (0)
#define smp_load_acquire(p)						\
({									\
	typeof(*(p)) val_ = READ_ONCE(*(p));				\
	barrier();							\
	val_;								\
})
#define smp_mb__after_atomic()	barrier()

static __always_inline void raw_atomic_long_inc(atomic_long_t *v)
{
	__atomic_add_fetch(&v->counter, 1, __ATOMIC_RELAXED);
}

static inline bool test_bit(long nr, const unsigned long *bits)
{
	return READ_ONCE(bits[nr / BITS_PER_LONG]) >> nr % BITS_PER_LONG & 1;
}

static inline void __set_bit(long nr, unsigned long *bits)
{
	bits[nr / BITS_PER_LONG] |= 1UL << nr % BITS_PER_LONG;
}

static inline void __clear_bit(long nr, unsigned long *bits)
{
	bits[nr / BITS_PER_LONG] &= ~(1UL << nr % BITS_PER_LONG);
}

#define clear_bit(nr, bits)	__clear_bit(nr, bits)

static inline bool test_and_set_bit(long nr, unsigned long *bits)
{
	bool was = test_bit(nr, bits);

	__set_bit(nr, bits);
	return was;
}

#define BITS_TO_LONGS_(nr)	(((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define DECLARE_BITMAP(name, nr) unsigned long name[BITS_TO_LONGS_(nr)]

static inline unsigned long find_next_bit(const unsigned long *bits, unsigned long nr,
					  unsigned long at)
{
	while (at < nr && !test_bit(at, bits))
		at++;
	return at < nr ? at : nr;
}

static inline unsigned long find_last_bit(const unsigned long *bits, unsigned long nr)
{
	unsigned long at = nr;

	while (at-- > 0) {
		if (test_bit(at, bits))
			return at;
	}
	return nr;
}

static inline unsigned long find_first_zero_bit(const unsigned long *bits, unsigned long nr)
{
	unsigned long at = 0;

	while (at < nr && test_bit(at, bits))
		at++;
	return at;
}

static inline bool bitmap_empty(const unsigned long *bits, unsigned long nr)
{
	return find_next_bit(bits, nr, 0) == nr;
}

static inline bool bitmap_full(const unsigned long *bits, unsigned long nr)
{
	return find_first_zero_bit(bits, nr) == nr;
}

/* Lists, which are read under RCU: the order of the two stores is all that there is. */
static inline void list_add_tail_rcu(struct list_head *new, struct list_head *head)
{
	struct list_head *last = head->prev;

	new->next = head;
	new->prev = last;
	smp_store_release(&last->next, new);
	head->prev = new;
}

static inline void list_add_rcu(struct list_head *new, struct list_head *head)
{
	list_add_tail_rcu(new, head->next);
}

static inline void list_del_rcu(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	WRITE_ONCE(entry->prev->next, entry->next);
	entry->prev = NULL;
}

#ifndef list_entry_is_head
#define list_entry_is_head(pos, head, member)	(&(pos)->member == (head))
#endif
#define list_for_each_entry_rcu(pos, head, member) list_for_each_entry(pos, head, member)

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define LLIST_HEAD(name)	struct llist_head name
#define llist_empty(head)	(!READ_ONCE((head)->first))

static inline void llist_add(struct llist_node *node, struct llist_head *head)
{
	node->next = head->first;
	WRITE_ONCE(head->first, node);
}

static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	struct llist_node *all = head->first;

	WRITE_ONCE(head->first, NULL);
	return all;
}

#define llist_entry_(node, type, member)				\
	(node ? container_of(node, type, member) : NULL)
#define llist_for_each_entry_safe(pos, n, list, member)			\
	for (pos = llist_entry_(list, typeof(*pos), member);		\
	     pos && (n = llist_entry_(pos->member.next, typeof(*pos), member), true); \
	     pos = n)

/* The one CPU. The assembly says what a fetch of a per-CPU variable is in the kernel. */
#define DEFINE_PER_CPU(type, name)	__typeof__(type) name
#define DECLARE_PER_CPU(type, name)	extern __typeof__(type) name
#define this_cpu_ptr(p)			(p)
#define per_cpu_ptr(p, cpu)		((void)(cpu), p)
#define per_cpu(var, cpu)		(*({ (void)(cpu); &(var); }))
#define raw_cpu_read(var)		READ_ONCE(var)
#define __this_cpu_read(var)		READ_ONCE(var)
#define __this_cpu_write(var, val)	WRITE_ONCE(var, val)
#define this_cpu_add(var, val)		((var) += (val))
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < 1; (cpu)++)
#define cpu_online(cpu)			((void)(cpu), true)
#define raw_smp_processor_id()		0
#define CPUHP_AP_KPROBES_STARTING	0

static inline int cpuhp_setup_state_nocalls(int state, const char *name,
					    int (*starts)(unsigned int),
					    int (*dies)(unsigned int))
{
	return state || !name || !starts || !dies;
}

/* How deep preemption is off: RCU waits for a CPU where it is. */
extern int host_preempt_depth;
extern bool host_rcu_is_watching;

#define preempt_disable()			do { host_preempt_depth++; barrier(); } while (0)
#define preempt_enable()			do { barrier(); host_preempt_depth--; } while (0)
#define preempt_disable_notrace()		preempt_disable()
#define preempt_enable_notrace()		preempt_enable()
#define preempt_enable_no_resched_notrace()	preempt_enable()
#define preempt_count()				((unsigned int)READ_ONCE(host_preempt_depth))
#define rcu_is_watching_curr_cpu()		READ_ONCE(host_rcu_is_watching)
#define rcu_read_lock()				do { } while (0)
#define rcu_read_unlock()			do { } while (0)
#define trace_hardirqs_off()			do { } while (0)
#define trace_hardirqs_on()			do { } while (0)
#define user_mode(regs)				((void)(regs), false)

/* Locks: what is tested is what goes on without them. */
struct mutex {
	int unused;
};

#define DEFINE_MUTEX(name)		struct mutex name
#define mutex_lock(lock)		((void)(lock))
#define mutex_unlock(lock)		((void)(lock))
#define lockdep_assert_held(lock)	do { } while (0)
#define lockdep_assert_cpus_held()	do { } while (0)
#define guard(name)			guard_##name
#define guard_mutex(lock)		((void)(lock))
#define guard_rcu()			do { } while (0)
#define guard_irqsave()			do { } while (0)
#define guard_cpus_read_lock()		do { } while (0)
extern struct mutex text_mutex;

/* Grace periods and work, which end and run when a test has them do so. */
struct rcu_head {
	void *unused[2];
};

struct work_struct {
	void (*function)(struct work_struct *work);
};

#define DECLARE_WORK(name, fn)		struct work_struct name = { .function = fn }
#define system_unbound_wq		0
#define queue_work(queue, work)		host_queue_work(work)
#define synchronize_rcu_expedited()	host_synchronize_rcu()
#define flush_work(work)		((void)(work))
#define rcu_barrier_tasks()		do { } while (0)
#define call_rcu_tasks(rcu, fn)		host_call_rcu_tasks(rcu, fn)
#define kvfree_rcu(memory, field)	host_free_later(&(memory)->field, memory)
#define cond_resched()			host_cond_resched()
#define jiffies				0UL
#define time_after(a, b)		((long)((b) - (a)) < 0)
#define schedule_timeout_uninterruptible(ticks)	host_schedule_timeout(ticks)

void host_queue_work(struct work_struct *work);
void host_call_rcu_tasks(struct rcu_head *rcu, void (*function)(struct rcu_head *rcu));
void host_free_later(struct rcu_head *rcu, void *memory);
void host_cond_resched(void);
void host_synchronize_rcu(void);
void host_schedule_timeout(long ticks);

/* Memory */
#define GFP_KERNEL		0
#define __GFP_NORETRY		0
#define __GFP_NOWARN		0
#define __GFP_NOFAIL		0
#define EXECMEM_KPROBES		0
#define struct_size(p, member, nr)	(sizeof(*(p)) + (nr) * sizeof((p)->member[0]))

struct kmem_cache {
	size_t size;
};

#define KMEM_CACHE(name, flags)						\
({									\
	static struct kmem_cache cache_ = { sizeof(struct name) };	\
	&cache_;							\
})
#define kmem_cache_zalloc(cache, gfp)	host_zalloc((cache)->size + (gfp))
#define kmem_cache_free(cache, memory)	((void)(cache), host_free(memory))
#define kvmalloc(size, gfp)		host_zalloc((size) + (gfp))
#define kvzalloc(size, gfp)		host_zalloc((size) + (gfp))
#define kzalloc(size, gfp)		host_zalloc((size) + (gfp))
#define kvfree(memory)			host_free(memory)
#define kfree(memory)			host_free(memory)
#define execmem_alloc(kind, size)	host_execmem_alloc((size) + (kind))
#define execmem_free(memory)		host_execmem_free(memory)
#define set_memory_rox(addr, pages)	((void)(addr), 0)

void *host_zalloc(size_t size);
void host_free(void *memory);
void *host_execmem_alloc(size_t size);
void host_execmem_free(void *memory);

/* Text */
#define INT3_INSN_OPCODE	0xcc
#define INT3_INSN_SIZE		1
#define CALL_INSN_OPCODE	0xe8
#define CALL_INSN_SIZE		5
#define JMP32_INSN_OPCODE	0xe9
#define JMP32_INSN_SIZE		5
#define ENDBR_INSN_SIZE		4
#define text_poke(addr, bytes, len)	host_text_poke(addr, bytes, len)
#define text_poke_set(addr, byte, len)	host_text_poke_set(addr, byte, len)
#define smp_text_poke_sync_each_cpu()	host_broadcast()
#define PERF_RECORD_KSYMBOL_TYPE_OOL	0
#define perf_event_ksymbol(type, addr, size, gone, name)		\
	((void)(addr), (void)(gone), (void)(name))
#define perf_event_text_poke(addr, was, was_len, is, is_len)		\
	host_perf_text_poke(addr, was, was_len, is, is_len)

void host_text_poke(void *addr, const void *bytes, size_t len);
void host_text_poke_set(void *addr, int byte, size_t len);
void host_broadcast(void);
void host_perf_text_poke(const void *addr, const void *was, size_t was_len, const void *is,
			 size_t is_len);

bool host_read(void *dst, const void *src, size_t size);
#define get_kernel_nofault(val, p)	({ (val) = *(p); 0; })
#define copy_from_kernel_nofault(to, from, len)	({ memcpy(to, from, len); 0; })
#define find_bug(addr)			((void)(addr), NULL)

/* The CPU */
#define CPU_ENTRY_AREA_BASE	0x1000UL
#define CPU_ENTRY_AREA_MAP_SIZE	0x1000UL
#define boot_cpu_data		((struct { int x86; }){ 6 })
#define TIF_BLOCKSTEP		0
#define test_thread_flag(flag)	((void)(flag), false)
#define MSR_IA32_DEBUGCTLMSR	0
#define DEBUGCTLMSR_BTF		0
#define native_rdmsr(msr, low, high)	do { (low) = 0; (high) = 0; } while (0)
#define native_wrmsr(msr, low, high)	((void)(low), (void)(high))
#define X86_FEATURE_XENPV	0
#define cpu_feature_enabled(feature)	((void)(feature), false)
#define alternatives_text_reserved(start, end)	((void)(start), (void)(end), false)

#define sort(base, nr, size, cmp, swap)	qsort(base, nr, size, cmp)
#define strscpy(to, from, len)	snprintf(to, len, "%s", from)
#define pr_warn(fmt, ...)	fprintf(stderr, fmt, ##__VA_ARGS__)
#define match_string(names, nr, name)	((void)(names), (nr) - (nr) - !(name))

#undef WARN_ON_ONCE
#define WARN_ON_ONCE(condition)						\
({									\
	bool is_ = (condition);						\
									\
	if (unlikely(is_))						\
		host_warn(__FILE__, __LINE__);				\
	is_;								\
})
void host_warn(const char *file, int line);

/* Types that are only named */
struct module;
struct notifier_block;
struct task_struct;
struct ftrace_ops;
struct ftrace_regs;
struct rethook;

struct static_call_site {
	int unused;
};

struct exception_table_entry {
	int unused;
};

struct rethook_node {
	struct rethook *rethook;
	unsigned long ret_addr;
};

struct ratelimit_state {
	int unused;
};

struct task_struct *__switch_to(struct task_struct *from, struct task_struct *to);
bool is_rethook_trampoline(unsigned long addr);
unsigned long rethook_find_ret_addr(struct task_struct *task, unsigned long frame,
				    struct llist_node **at);

#endif
