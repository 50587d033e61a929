// SPDX-License-Identifier: GPL-2.0
/* See world.h. What the stack's own files do not need here is not there: the linker drops it. */
#include <stdlib.h>
#include <sys/mman.h>

#include "world.h"

#include "kprobes/step.h"
#include "../test.h"

struct world world;
struct mutex kprobe_mutex, text_mutex;
int host_preempt_depth;
bool host_rcu_is_watching = true;

/* Nothing is used twice: what is freed stays as host_free() has left it. */
static unsigned long next_data, next_page;

#define WORLD_DATA	0x60000000UL
#define WORLD_DATA_SIZE	0x4000000UL
#define POISON		0x5a

static void map(unsigned long addr, size_t size)
{
	if (mmap((void *)addr, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) !=
	    (void *)addr) {
		perror("mmap");
		exit(2);
	}
}

void *host_zalloc(size_t size)
{
	size_t *memory = (size_t *)next_data;

	next_data += (size + sizeof(*memory) + 63) & -64UL;
	*memory = size;
	return memory + 1;
}

void host_free(void *memory)
{
	size_t *size = memory;

	if (!memory)
		return;
	if (world.freed)
		world.freed((unsigned long)memory, size[-1]);
	memset(memory, POISON, size[-1]);
}

/* Look-ups that use it may be under way for as long as a test runs. */
void host_free_later(struct rcu_head *rcu, void *memory)
{
	(void)memory;
	memset(rcu, POISON, sizeof(*rcu));
}

void *host_execmem_alloc(size_t size)
{
	void *page = (void *)next_page;

	next_page += size;
	if (next_page > WORLD_SLOTS + WORLD_SIZE) {
		test_fail("there are too many pages of slots");
		return NULL;
	}
	return page;
}

void host_execmem_free(void *memory)
{
	if (world.freed)
		world.freed((unsigned long)memory, PAGE_SIZE);
}

static void paused(void)
{
	if (world.paused)
		world.paused();
}

void host_cond_resched(void)
{
	paused();
}

void host_text_poke(void *addr, const void *bytes, size_t len)
{
	paused();
	if (world.before_poke)
		world.before_poke((unsigned long)addr, bytes, len);
	memcpy(addr, bytes, len);
	paused();
}

/* Of memory that nothing is in. */
void host_text_poke_set(void *addr, int byte, size_t len)
{
	memset(addr, byte, len);
}

void host_broadcast(void)
{
	paused();
	if (world.broadcast)
		world.broadcast();
	paused();
}

/* A slot that is freed is reported as text that is no more. */
void host_perf_text_poke(const void *addr, const void *was, size_t was_len, const void *is,
			 size_t is_len)
{
	(void)was;
	(void)is;
	if (!is_len && world.freed)
		world.freed((unsigned long)addr, was_len);
}

static void (*grace_period_over)(struct rcu_head *rcu);
static struct rcu_head *grace_period;
static struct work_struct *queued;

void host_call_rcu_tasks(struct rcu_head *rcu, void (*function)(struct rcu_head *rcu))
{
	if (grace_period_over)
		test_fail("two grace periods at a time");
	grace_period_over = function;
	grace_period = rcu;
	if (world.grace_begins)
		world.grace_begins();
}

bool world_grace_runs(void)
{
	return grace_period_over;
}

void world_end_grace(void)
{
	void (*function)(struct rcu_head *rcu) = grace_period_over;

	grace_period_over = NULL;
	function(grace_period);
}

void host_queue_work(struct work_struct *work)
{
	queued = work;
}

bool world_has_work(void)
{
	return queued;
}

void world_work(void)
{
	struct work_struct *work = queued;

	queued = NULL;
	work->function(work);
}

void host_synchronize_rcu(void)
{
	if (world.rcu_waits)
		world.rcu_waits();
}

void host_schedule_timeout(long ticks)
{
	(void)ticks;
	if (world.steps_wait)
		world.steps_wait();
	else
		test_fail("it waits for a step that there is not");
}

void host_warn(const char *file, int line)
{
	test_fail("a warning at %s:%d", file, line);
}

/* For emulate.c, which is compiled as it is for the other tests. */
bool host_read(void *dst, const void *src, size_t size)
{
	memcpy(dst, src, size);
	return true;
}

/* The one function, and what is asked about it. */
static struct {
	u8 text[64];
	size_t size;
	unsigned long boundary[2];
	struct kprobe_code code;
} function;

const u8 *world_original(unsigned long addr)
{
	return function.text + (addr - WORLD_TEXT);
}

size_t world_size(void)
{
	return function.size;
}

static void find_boundaries(void)
{
	struct kprobe_insn insn;
	size_t at;

	for (at = 0; at < function.size; at += insn.len) {
		if (kprobe_classify(&insn, function.text + at, function.size - at)) {
			test_fail("byte %zu of the function is no instruction", at);
			return;
		}
		__set_bit(at, function.boundary);
	}
}

void world_begin(const u8 *text, size_t len)
{
	map(WORLD_TEXT, WORLD_SIZE);
	map(WORLD_SLOTS, WORLD_SIZE);
	map(WORLD_DATA, WORLD_DATA_SIZE);
	next_data = WORLD_DATA;
	next_page = WORLD_SLOTS;
	memcpy(function.text, text, len);
	memcpy((void *)WORLD_TEXT, text, len);
	function.size = len;
	find_boundaries();
	function.code = (struct kprobe_code) {
		.start = WORLD_TEXT,
		.size = len,
		.boundary = function.boundary,
		.text = function.text,
		.debugged = len,
		.whole = true,
		.complete = true,
	};
	kprobe_slot_init();
	if (kprobe_site_init())
		test_fail("kprobe_site_init()");
}

enum kprobe_refusal kprobe_code_get(unsigned long addr, struct kprobe_code **result)
{
	*result = &function.code;
	return addr - WORLD_TEXT < function.size ? KPROBE_OK : KPROBE_NOT_TEXT;
}

void kprobe_code_forget(void)
{
}

bool kprobe_code_is_boundary(const struct kprobe_code *f, unsigned long addr)
{
	return test_bit(addr - f->start, f->boundary);
}

bool kprobe_code_is_entered(struct kprobe_code *f, unsigned long start, unsigned long end)
{
	return !f || start > end;
}

bool kprobe_code_is_open(struct kprobe_code *f)
{
	return !f;
}

void kprobe_branches_want(unsigned long addr)
{
	(void)addr;
}

bool kprobe_branches_known(unsigned long addr)
{
	return addr;
}

bool kprobe_branches_enter(unsigned long start, unsigned long end)
{
	return start > end;
}

enum kprobe_refusal kprobe_reserved_in(unsigned long start, unsigned long end)
{
	return start < end ? KPROBE_OK : KPROBE_NOT_TEXT;
}

void kprobe_walk_fixups(unsigned long start, unsigned long end, kprobe_branch_fn fn, void *arg)
{
	if (start > end)
		fn(start, end, arg);
}

enum kprobe_refusal kprobe_resolve(const struct kprobe *kp, struct kprobe_function *function,
				   unsigned long *addr)
{
	(void)function;
	*addr = (unsigned long)kp->addr;
	return KPROBE_OK;
}

enum kprobe_refusal kprobe_function_find(struct kprobe_function *function, unsigned long addr)
{
	(void)function;
	(void)addr;
	return KPROBE_OK;
}

enum kprobe_refusal kprobe_check_address(struct kprobe_function *function, unsigned long addr)
{
	return kprobe_function_find(function, addr);
}

void kprobe_function_put(struct kprobe_function *function)
{
	(void)function;
}

bool kprobe_is_entry(const struct kprobe_function *function, unsigned long addr)
{
	return !function || !addr;
}

int kprobe_reserved_index_image(void)
{
	return 0;
}

void kprobe_reason_find(struct kprobe_reason *reason)
{
	(void)reason;
}

enum kprobe_refusal kretprobe_check(const struct kprobe *kp, unsigned long addr, bool on_entry)
{
	(void)kp;
	(void)addr;
	return on_entry ? KPROBE_OK : KPROBE_NOT_ENTRY;
}

enum kprobe_refusal kretprobe_alloc(struct kprobe *kp)
{
	(void)kp;
	return KPROBE_NOT_ENTRY;
}

void kretprobe_stop(struct kprobe *kp)
{
	(void)kp;
}

void kretprobe_free(struct kprobe *kp)
{
	(void)kp;
}

/* Only their addresses are used: no detour is executed but by a test's own CPU. */
u8 kprobe_detour_enter[16], kprobe_detour_leave[16];

bool world_register(struct kprobe *kp)
{
	struct kprobe_reason reason;
	struct kprobe_batch batch;
	bool done;

	kprobe_batch_begin(&batch);
	done = kprobe_batch_register(&batch, (struct kprobe *[]){ kp }, 1, &reason);
	kprobe_batch_end(&batch);
	return done;
}

void world_unregister(struct kprobe *kp)
{
	struct kprobe_batch batch;

	kprobe_batch_begin(&batch);
	if (!kprobe_batch_remove(&batch, kp))
		test_fail("a probe was not registered");
	kprobe_batch_end(&batch);
}
