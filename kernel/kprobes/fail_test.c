// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of memory that fails: each allocation of each path, one after the
 * other, until a call goes through that has not met the failure. A path either
 * says -ENOMEM, and nothing has happened, or does what it was asked for; and the
 * same call succeeds when there is memory.
 */
#include <linux/fault-inject.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/sched.h>

#include "test.h"

#if defined(CONFIG_FAULT_INJECTION_DEBUG_FS) && defined(CONFIG_FAILSLAB) && \
	defined(CONFIG_FAIL_PAGE_ALLOC)

/* More than any path allocates; a path that goes on beyond never succeeds. */
#define FAIL_MAX	500

struct fail_probes {
	struct kprobe kp[4];
	struct kprobe *batch[4];
	struct kretprobe rp[2];
	struct kretprobe *returns[2];
	struct module mod;
	unsigned long marked;
	u8 text[64];
};

/**
 * struct fail_path - what is done while memory fails
 * @name: of the path
 * @setup: fills in the probes anew, and registers what has to be there before
 * @act: the call
 * @trace: what a call of each function that is probed leaves after success
 * @undo: takes everything back
 * @never: it may not fail
 * @no_jumps: sites stay breakpoints
 */
struct fail_path {
	const char *name;
	int (*setup)(struct fail_probes *probes);
	int (*act)(struct fail_probes *probes);
	const char *trace;
	void (*undo)(struct fail_probes *probes);
	bool never;
	bool no_jumps;
};

static void *const target = kprobe_test_target;
static void *const other = kprobe_test_other;
#ifdef CONFIG_KPROBES_ON_FTRACE
static void *const traced = kprobe_test_traced_a;
#else
static void *const traced = kprobe_test_other;
#endif

static struct fail_probes *fail_probes_now;

static int fail_pre(struct kprobe *kp, struct pt_regs *regs)
{
	kprobe_test_trace_add('a' + (kp - fail_probes_now->kp));
	return 0;
}

static void fail_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	kprobe_test_trace_add('A' + (kp - fail_probes_now->kp));
}

static int fail_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	kprobe_test_trace_add('r');
	return 0;
}

static void fail_fill(struct fail_probes *p, void *a, void *b, void *c, void *d)
{
	void *addr[] = { a, b, c, d };
	int i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < ARRAY_SIZE(p->kp); i++) {
		p->kp[i].addr = addr[i];
		p->kp[i].pre_handler = fail_pre;
		p->batch[i] = &p->kp[i];
	}
	for (i = 0; i < ARRAY_SIZE(p->rp); i++) {
		p->rp[i].kp.addr = addr[i];
		p->rp[i].handler = fail_return;
		p->rp[i].maxactive = 4;
		p->returns[i] = &p->rp[i];
	}
}

static int setup_plain(struct fail_probes *p)
{
	fail_fill(p, target, other, traced, target);
	return 0;
}

static int setup_symbol(struct fail_probes *p)
{
	fail_fill(p, NULL, NULL, NULL, NULL);
	p->kp[0].symbol_name = "kprobe_test_target";
	return 0;
}

static int setup_post(struct fail_probes *p)
{
	fail_fill(p, target, NULL, NULL, NULL);
	p->kp[0].post_handler = fail_post;
	return 0;
}

static int setup_traced(struct fail_probes *p)
{
	fail_fill(p, traced, traced, NULL, NULL);
	return 0;
}

static int setup_second(struct fail_probes *p)
{
	fail_fill(p, target, target, NULL, NULL);
	p->kp[1].post_handler = fail_post;
	return register_kprobe(&p->kp[0]);
}

/* A probe that may set the IP joins another: their site is armed anew. */
static int setup_second_traced(struct fail_probes *p)
{
	fail_fill(p, traced, traced, NULL, NULL);
	return register_kprobe(&p->kp[0]);
}

static int setup_disabled(struct fail_probes *p)
{
	fail_fill(p, target, target, NULL, NULL);
	p->kp[1].flags = KPROBE_FLAG_DISABLED;
	return register_kprobes(p->batch, 2);
}

static int setup_disabled_traced(struct fail_probes *p)
{
	fail_fill(p, NULL, traced, NULL, NULL);
	p->kp[1].flags = KPROBE_FLAG_DISABLED;
	return register_kprobe(&p->kp[1]);
}

static int setup_three(struct fail_probes *p)
{
	fail_fill(p, target, target, target, traced);
	return register_kprobes(p->batch, 4);
}

static int act_one(struct fail_probes *p)
{
	return register_kprobe(&p->kp[0]);
}

static int act_second(struct fail_probes *p)
{
	return register_kprobe(&p->kp[1]);
}

static int act_second_ipmodify(struct fail_probes *p)
{
	return register_kprobe_ipmodify(&p->kp[1]);
}

static int act_batch(struct fail_probes *p)
{
	return register_kprobes(p->batch, 4);
}

static int act_return(struct fail_probes *p)
{
	return register_kretprobe(&p->rp[0]);
}

static int act_returns(struct fail_probes *p)
{
	return register_kretprobes(p->returns, 2);
}

static int act_enable(struct fail_probes *p)
{
	return enable_kprobe(&p->kp[1]);
}

static int act_disable(struct fail_probes *p)
{
	return disable_kprobe(&p->kp[1]);
}

static int act_unregister(struct fail_probes *p)
{
	unregister_kprobes(p->batch + 1, 3);
	return 0;
}

static void undo_all(struct fail_probes *p)
{
	unregister_kprobes(p->batch, 4);
	unregister_kretprobes(p->returns, 2);
}

static int setup_marked(struct fail_probes *p)
{
	memset(p, 0, sizeof(*p));
	p->marked = (unsigned long)target;
	p->mod.kprobe_blacklist = &p->marked;
	p->mod.num_kprobe_blacklist = 1;
	return 0;
}

static int act_blacklist_symbol(struct fail_probes *p)
{
	int size = kprobe_add_ksym_blacklist(p->marked);

	return size > 0 ? 0 : size;
}

static int act_blacklist_area(struct fail_probes *p)
{
	return kprobe_add_area_blacklist(p->marked, p->marked + 1);
}

static int act_blacklist_module(struct fail_probes *p)
{
	return kprobe_blacklist_add_module(&p->mod);
}

static void undo_blacklist(struct fail_probes *p)
{
	unsigned long size, offset;

	kallsyms_lookup_size_offset(p->marked, &size, &offset);
	kprobe_blacklist_remove(p->marked - offset, p->marked - offset + size);
}

static int setup_blacklisted(struct fail_probes *p)
{
	setup_marked(p);
	return kprobe_add_area_blacklist(p->marked, p->marked + 1);
}

static int act_blacklist_remove(struct fail_probes *p)
{
	undo_blacklist(p);
	return within_kprobe_blacklist(p->marked) ? -EEXIST : 0;
}

#define PATH(_name, _setup, _act, _trace, ...)				\
	{ .name = _name, .setup = _setup, .act = _act, .trace = _trace,	\
	  .undo = undo_all, ##__VA_ARGS__ }

#define BLACKLIST(_name, _setup, _act, ...)				\
	{ .name = _name, .setup = _setup, .act = _act, .trace = "",	\
	  .undo = undo_blacklist, ##__VA_ARGS__ }

static const struct fail_path fail_paths[] = {
	PATH("register_kprobe", setup_plain, act_one, "a"),
	PATH("register_kprobe, a breakpoint", setup_plain, act_one, "a", .no_jumps = true),
	PATH("register_kprobe by symbol", setup_symbol, act_one, "a"),
	PATH("register_kprobe with a post-handler", setup_post, act_one, "aA"),
	PATH("the same, a breakpoint", setup_post, act_one, "aA", .no_jumps = true),
	PATH("register_kprobe on ftrace", setup_traced, act_one, "a"),
	PATH("register_kprobe beside another", setup_second, act_second, "baB"),
	PATH("register_kprobe beside another on ftrace", setup_second_traced, act_second_ipmodify,
	     "ba"),
	PATH("register_kprobes", setup_plain, act_batch, "dabc"),
	PATH("register_kretprobe", setup_plain, act_return, "r"),
	PATH("register_kretprobe on ftrace", setup_traced, act_return, "r"),
	PATH("register_kretprobes", setup_plain, act_returns, "rr"),
	PATH("enable_kprobe", setup_disabled, act_enable, "ba"),
	PATH("enable_kprobe on ftrace", setup_disabled_traced, act_enable, "b"),
	PATH("disable_kprobe", setup_three, act_disable, "cad", .never = true),
	PATH("unregister_kprobes", setup_three, act_unregister, "a", .never = true),
	BLACKLIST("kprobe_add_ksym_blacklist", setup_marked, act_blacklist_symbol),
	BLACKLIST("kprobe_add_area_blacklist", setup_marked, act_blacklist_area),
	BLACKLIST("the blacklist of a module", setup_marked, act_blacklist_module),
	BLACKLIST("its removal", setup_blacklisted, act_blacklist_remove, .never = true),
};

static void fail_path_desc(const struct fail_path *path, char *desc)
{
	strscpy(desc, path->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(fail_path, fail_paths, fail_path_desc);

/* What is left behind would show here. */
struct fail_state {
	u64 text[3];
	unsigned int sites;
	unsigned int probes;
	unsigned int slots;
	bool forbidden;
};

static unsigned int slots_in(unsigned long page)
{
	const struct kprobe_slot *slot, *last = NULL;
	unsigned long addr;
	unsigned int nr = 0;

	guard(preempt)();
	for (addr = page; addr < page + PAGE_SIZE; addr += sizeof(long)) {
		slot = kprobe_slot_find(addr);
		nr += slot && slot != last;
		last = slot;
	}
	return nr;
}

static void fail_look(struct fail_state *state)
{
	char type, name[KSYM_NAME_LEN];
	struct kprobe_site *site;
	unsigned long page;
	unsigned int i;

	memset(state, 0, sizeof(*state));
	state->text[0] = kprobe_test_text(target);
	state->text[1] = kprobe_test_text(other);
	state->text[2] = kprobe_test_text(traced);
	state->forbidden = within_kprobe_blacklist((unsigned long)target);
	for (i = 0; !kprobe_get_kallsym(i, &page, &type, name); i++)
		state->slots += slots_in(page);
	guard(mutex)(&kprobe_mutex);
	list_for_each_entry(site, &kprobe_sites, all) {
		state->sites++;
		state->probes += list_count_nodes(&site->probes);
	}
}

/* Slots go with their sites, a grace period later. */
static void fail_settle(void)
{
	wait_for_kprobe_optimizer();
	kprobe_retire_flush();
}

static void fail_expect_same(struct kunit *test, const struct fail_state *before, unsigned int nth)
{
	struct fail_state now;

	fail_look(&now);
	KUNIT_EXPECT_MEMEQ_MSG(test, before->text, now.text, sizeof(now.text), "text, %u", nth);
	KUNIT_EXPECT_EQ_MSG(test, before->sites, now.sites, "%u", nth);
	KUNIT_EXPECT_EQ_MSG(test, before->probes, now.probes, "%u", nth);
	KUNIT_EXPECT_EQ_MSG(test, before->forbidden, now.forbidden, "%u", nth);
}

static void fail_expect_nothing(struct kunit *test, unsigned int nth)
{
	struct fail_state now;

	fail_settle();
	fail_look(&now);
	KUNIT_EXPECT_EQ_MSG(test, now.sites, 0, "%u", nth);
	KUNIT_EXPECT_EQ_MSG(test, now.slots, 0, "%u", nth);
}

static void fail_expect_trace(struct kunit *test, const char *trace, unsigned int nth)
{
	kprobe_test_trace();
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_EQ(test, 141, kprobe_test_other(41));
#ifdef CONFIG_KPROBES_ON_FTRACE
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
#endif
	KUNIT_EXPECT_STREQ_MSG(test, kprobe_test_trace(), trace, "%u", nth);
}

struct fail_count {
	unsigned int faults;
	unsigned int tolerated;
};

/* Returns whether the n-th allocation was there to fail. */
static bool fail_once(struct kunit *test, const struct fail_path *path, unsigned int nth,
		      struct fail_count *count)
{
	struct fail_state empty, before;
	unsigned int left;
	int err;

	fail_look(&empty);
	KUNIT_ASSERT_EQ(test, 0, path->setup(fail_probes_now));
	fail_look(&before);
	current->fail_nth = nth;
	err = path->act(fail_probes_now);
	left = current->fail_nth;
	current->fail_nth = 0;

	if (err) {
		KUNIT_EXPECT_EQ_MSG(test, err, -ENOMEM, "%u", nth);
		KUNIT_EXPECT_FALSE_MSG(test, path->never || left, "%u: it may not fail", nth);
		fail_expect_same(test, &before, nth);
		KUNIT_EXPECT_EQ_MSG(test, 0, path->act(fail_probes_now), "again, %u", nth);
	}
	fail_expect_trace(test, path->trace, nth);
	path->undo(fail_probes_now);
	fail_expect_same(test, &empty, nth);
	fail_expect_nothing(test, nth);
	count->faults += !left;
	count->tolerated += !left && !err;
	return !left;
}

/* What a file stands for in debugfs: a knob of the fault injection. */
static void *fail_knob(struct kunit *test, struct vfsmount *mnt, const char *path)
{
	struct file *file = file_open_root_mnt(mnt, path, O_RDONLY, 0);
	void *knob;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	knob = file_inode(file)->i_private;
	fput(file);
	return knob;
}

static void fail_unmount(void *mnt)
{
	flush_delayed_fput();
	kern_unmount(mnt);
}

/*
 * Out of the box the injection spares allocations that may wait, which are all of
 * ours. It fails those of this task only, and those only when it is told to.
 */
static int fail_init(struct kunit *test)
{
	struct file_system_type *type = get_fs_type("debugfs");
	struct vfsmount *mnt;

	KUNIT_ASSERT_NOT_NULL(test, type);
	mnt = kern_mount(type);
	module_put(type->owner);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mnt);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fail_unmount, mnt));
	*(bool *)fail_knob(test, mnt, "failslab/ignore-gfp-wait") = false;
	*(bool *)fail_knob(test, mnt, "fail_page_alloc/ignore-gfp-wait") = false;
	*(bool *)fail_knob(test, mnt, "fail_page_alloc/ignore-gfp-highmem") = false;
	*(u32 *)fail_knob(test, mnt, "fail_page_alloc/min-order") = 0;
	*(unsigned long *)fail_knob(test, mnt, "failslab/verbose") = 0;
	*(unsigned long *)fail_knob(test, mnt, "fail_page_alloc/verbose") = 0;
	fail_probes_now = kunit_kzalloc(test, sizeof(*fail_probes_now), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fail_probes_now);
	return 0;
}

/* After an assertion that failed. */
static void fail_exit(struct kunit *test)
{
	current->fail_nth = 0;
	if (fail_probes_now)
		undo_all(fail_probes_now);
	fail_probes_now = NULL;
}

static void each_allocation_fails(struct kunit *test)
{
	const struct fail_path *path = test->param_value;
	struct fail_count count = { };
	unsigned int nth = 1;

	if (path->no_jumps)
		kprobe_test_no_jumps(test);
	fail_expect_nothing(test, 0);
	while (nth < FAIL_MAX && fail_once(test, path, nth, &count))
		nth++;
	KUNIT_EXPECT_LT(test, nth, FAIL_MAX);
	/* That which may not fail may do without memory. */
	KUNIT_EXPECT_TRUE(test, count.faults || path->never);
	kunit_info(test, "%s: %u faults, %u of them tolerated", path->name, count.faults,
		   count.tolerated);
}

/* Which handlers two probes at one address have, and which of them goes, and how. */
static const struct combination {
	unsigned int handlers[2];
	unsigned int goes;
	bool disabled;
} *combination;

static void combination_set(struct kprobe *kp, unsigned int handlers)
{
	kp->pre_handler = handlers & KPROBE_TEST_PRE ? fail_pre : NULL;
	kp->post_handler = handlers & KPROBE_TEST_POST ? fail_post : NULL;
}

static int setup_combination(struct fail_probes *p)
{
	int i, err = 0;

	fail_fill(p, target, target, NULL, NULL);
	for (i = 0; i < 2 && !err; i++) {
		combination_set(&p->kp[i], combination->handlers[i]);
		err = register_kprobe(&p->kp[i]);
	}
	return err;
}

static int act_combination(struct fail_probes *p)
{
	struct kprobe *kp = &p->kp[combination->goes];

	if (combination->disabled)
		return disable_kprobe(kp);
	unregister_kprobe(kp);
	return 0;
}

static void expect_no_memory_is_needed(struct kunit *test, const struct combination *c)
{
	unsigned int stays = 1 - c->goes, nth = 1;
	struct fail_count count = { };
	char trace[3] = "";
	const struct fail_path path = {
		.setup = setup_combination, .act = act_combination, .undo = undo_all,
		.trace = trace, .never = true,
	};

	if (c->handlers[stays] & KPROBE_TEST_PRE)
		trace[0] = 'a' + stays;
	if (c->handlers[stays] & KPROBE_TEST_POST)
		trace[strlen(trace)] = 'A' + stays;
	combination = c;
	while (nth < FAIL_MAX && fail_once(test, &path, nth, &count))
		nth++;
	KUNIT_EXPECT_LT(test, nth, FAIL_MAX);
}

/*
 * When probes become fewer, hits may need a slot that they did not need before: with
 * post-handlers an instruction is stepped, without it is boosted. It has to be there.
 */
static void fewer_probes_need_no_memory_r55(struct kunit *test)
{
	struct combination c;
	unsigned int i;

	for (i = 0; i < 2 * 3 * 3 * 2 * 2; i++) {
		if (i == 3 * 3 * 2 * 2)
			kprobe_test_no_jumps(test);
		c = (struct combination) {
			.handlers = { 1 + i % 3, 1 + i / 3 % 3 },
			.goes = i / 9 % 2, .disabled = i / 18 % 2,
		};
		expect_no_memory_is_needed(test, &c);
	}
}

static enum kprobe_refusal module_refusal(struct fail_probes *p)
{
	guard(mutex)(&kprobe_mutex);
	return kprobe_module_check(&p->mod, (unsigned long)p->text);
}

/* Returns whether the n-th allocation was there to fail. */
static bool module_is_loaded(struct kunit *test, struct fail_probes *p, unsigned int nth)
{
	unsigned long addr = (unsigned long)p->text;
	enum kprobe_refusal refusal;
	unsigned int left;
	int result;

	memset(p, 0, sizeof(*p));
	p->mod.mem[MOD_TEXT].base = p->text;
	p->mod.mem[MOD_TEXT].size = sizeof(p->text);
	p->mod.kprobes_text_start = p->text;
	p->mod.kprobes_text_size = 16;
	p->mod.state = MODULE_STATE_COMING;
	KUNIT_EXPECT_EQ(test, module_refusal(p), KPROBE_MODULE_COMING);
	current->fail_nth = nth;
	result = kprobe_module_event(NULL, MODULE_STATE_COMING, &p->mod);
	left = current->fail_nth;
	current->fail_nth = 0;
	KUNIT_EXPECT_EQ_MSG(test, 0, notifier_to_errno(result), "%u", nth);

	refusal = left ? KPROBE_OK : KPROBE_NO_MEMORY;
	KUNIT_EXPECT_EQ_MSG(test, module_refusal(p), refusal, "%u, COMING", nth);
	KUNIT_EXPECT_EQ_MSG(test, within_kprobe_blacklist(addr), !!left, "%u", nth);
	p->mod.state = MODULE_STATE_LIVE;
	KUNIT_EXPECT_EQ_MSG(test, module_refusal(p), refusal, "%u, LIVE", nth);
	kprobe_module_event(NULL, MODULE_STATE_LIVE, &p->mod);
	KUNIT_EXPECT_EQ_MSG(test, module_refusal(p), refusal, "%u, notified", nth);
	kprobe_module_event(NULL, MODULE_STATE_GOING, &p->mod);
	p->mod.state = MODULE_STATE_COMING;
	KUNIT_EXPECT_EQ_MSG(test, module_refusal(p), KPROBE_MODULE_COMING, "%u", nth);
	KUNIT_EXPECT_FALSE_MSG(test, within_kprobe_blacklist(addr), "%u", nth);
	return !left;
}

/* What there is no memory for is not known of it, so probes in it are refused. */
static void module_is_loaded_without_memory_r69(struct kunit *test)
{
	unsigned int nth = 1;

	while (nth < FAIL_MAX && module_is_loaded(test, fail_probes_now, nth))
		nth++;
	KUNIT_EXPECT_LT(test, nth, FAIL_MAX);
	KUNIT_EXPECT_GT(test, nth, 1);
}

static struct kunit_case kprobe_fail_cases[] = {
	KUNIT_CASE(module_is_loaded_without_memory_r69),
	KUNIT_CASE_SLOW(fewer_probes_need_no_memory_r55),
	KUNIT_CASE_PARAM_ATTR(each_allocation_fails, fail_path_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	{ }
};

static struct kunit_suite kprobe_fail_suite = {
	.name = "kprobe_fail",
	.init = fail_init,
	.exit = fail_exit,
	.test_cases = kprobe_fail_cases,
};

#else

static void each_allocation_fails(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_FAILSLAB, FAIL_PAGE_ALLOC, FAULT_INJECTION_DEBUG_FS");
}

static void fewer_probes_need_no_memory_r55(struct kunit *test)
{
	each_allocation_fails(test);
}

static void module_is_loaded_without_memory_r69(struct kunit *test)
{
	each_allocation_fails(test);
}

static struct kunit_case kprobe_fail_cases[] = {
	KUNIT_CASE(module_is_loaded_without_memory_r69),
	KUNIT_CASE(fewer_probes_need_no_memory_r55),
	KUNIT_CASE(each_allocation_fails),
	{ }
};

static struct kunit_suite kprobe_fail_suite = {
	.name = "kprobe_fail",
	.test_cases = kprobe_fail_cases,
};

#endif

kunit_test_suite(kprobe_fail_suite);
