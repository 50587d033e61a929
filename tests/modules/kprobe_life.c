// SPDX-License-Identifier: GPL-2.0
/*
 * Probes a module through all states of its life (tests/guest/modules.sh).
 *
 * Of each notification about kprobe_life_target it says in the log what
 * registering probes gave at that time, and what has become of those that were
 * registered when the module came. Then commands are written to the parameter
 * do, and the parameter state is read:
 *
 *	register, register_addr, unregister, enable, disable
 *		a probe and a return probe on life_function()
 *	race, stop
 *		a task that does that all the time, and counts
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#define TARGET	"kprobe_life_target"

static bool refuse;
module_param(refuse, bool, 0600);
MODULE_PARM_DESC(refuse, "let the loading of the module fail after it has been announced");

static atomic_t hits, returns;

static int count_hit(struct kprobe *kp, struct pt_regs *regs)
{
	atomic_inc(&hits);
	return 0;
}

static int count_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	atomic_inc(&returns);
	return 0;
}

/* A probe and a return probe on one function. */
struct pair {
	struct kprobe kp;
	struct kretprobe rp;
	bool on;
};

static int pair_register(struct pair *pair, const char *symbol, void *addr)
{
	int err;

	memset(pair, 0, sizeof(*pair));
	pair->kp.symbol_name = symbol;
	pair->kp.addr = addr;
	pair->kp.pre_handler = count_hit;
	pair->rp.kp.symbol_name = symbol;
	pair->rp.kp.addr = addr;
	pair->rp.handler = count_return;
	err = register_kprobe(&pair->kp);
	if (err)
		return err;
	err = register_kretprobe(&pair->rp);
	if (err)
		unregister_kprobe(&pair->kp);
	pair->on = !err;
	return err;
}

static void pair_unregister(struct pair *pair)
{
	if (!pair->on)
		return;
	unregister_kretprobe(&pair->rp);
	unregister_kprobe(&pair->kp);
	pair->on = false;
}

static int pair_enable(struct pair *pair)
{
	int err = enable_kprobe(&pair->kp);

	return err ?: enable_kretprobe(&pair->rp);
}

static int pair_disable(struct pair *pair)
{
	int err = disable_kprobe(&pair->kp);

	return err ?: disable_kretprobe(&pair->rp);
}

static bool pair_gone(struct pair *pair)
{
	return kprobe_gone(&pair->kp) && kprobe_gone(&pair->rp.kp);
}

/* Those that are put by a notifier, as kprobe events are. */
static struct pair on_function, on_init, tried;

static int try(const char *symbol)
{
	int err = pair_register(&tried, symbol, NULL);

	pair_unregister(&tried);
	return err;
}

static void try_all(const char *when)
{
	int function = try(TARGET ":life_function");
	int forbidden = try(TARGET ":life_forbidden");
	int init = try(TARGET ":life_init_function");

	pr_info("%s: function %d, forbidden %d, init %d\n", when, function, forbidden, init);
}

static void say_gone(const char *when)
{
	pr_info("%s: function %s, init %s\n", when, pair_gone(&on_function) ? "gone" : "there",
		pair_gone(&on_init) ? "gone" : "there");
}

static void forget(void)
{
	pair_unregister(&on_function);
	pair_unregister(&on_init);
}

static int follow(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;

	if (strcmp(mod->name, TARGET))
		return NOTIFY_DONE;
	switch (state) {
	case MODULE_STATE_COMING:
		try_all("coming");
		pair_register(&on_function, TARGET ":life_function", NULL);
		pair_register(&on_init, TARGET ":life_init_function", NULL);
		say_gone("coming");
		break;
	case MODULE_STATE_LIVE:
		try_all("live");
		say_gone("live");
		break;
	case MODULE_STATE_GOING:
		try_all("going");
		say_gone("going");
		forget();
		break;
	}
	return NOTIFY_DONE;
}

/* Before kprobe events hear of it, and before the one below lets it fail. */
static struct notifier_block follow_nb = { .notifier_call = follow, .priority = 3 };

static int refuse_it(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;

	if (state == MODULE_STATE_COMING && refuse && !strcmp(mod->name, TARGET))
		return notifier_from_errno(-EBUSY);
	return NOTIFY_DONE;
}

static struct notifier_block refuse_nb = { .notifier_call = refuse_it };

/* What the commands work on. */
static struct pair pair;
static int last_err;
static void *last_addr;

/* What the race has seen: documented ones, and others. */
static struct task_struct *racer;
static unsigned long succeeded, refused, wrong;

static int note(int err)
{
	if (!err)
		succeeded++;
	else if (err == -ENOENT || err == -EINVAL)
		refused++;
	else
		wrong++;
	return err;
}

/*
 * While there is no module all of this fails at once, and the task never sleeps. Where it
 * is preempted at any time, cond_resched() does nothing, and RCU Tasks would wait for it
 * for good, and so would those who wait for the memory of probes.
 */
static int race(void *unused)
{
	static struct pair racing;

	while (!kthread_should_stop()) {
		if (!note(pair_register(&racing, TARGET ":life_function", NULL))) {
			note(pair_disable(&racing));
			note(pair_enable(&racing));
			pair_unregister(&racing);
		}
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

static int race_start(void)
{
	if (racer)
		return -EBUSY;
	racer = kthread_run(race, NULL, "kprobe_life_race");
	if (!IS_ERR(racer))
		return 0;
	racer = NULL;
	return -ENOMEM;
}

static void race_stop(void)
{
	if (racer)
		kthread_stop(racer);
	racer = NULL;
}

static int command(const char *what)
{
	if (sysfs_streq(what, "register"))
		return pair.on ? -EBUSY : pair_register(&pair, TARGET ":life_function", NULL);
	if (sysfs_streq(what, "register_addr"))
		return pair.on ? -EBUSY : pair_register(&pair, NULL, last_addr);
	if (sysfs_streq(what, "enable"))
		return pair_enable(&pair);
	if (sysfs_streq(what, "disable"))
		return pair_disable(&pair);
	if (sysfs_streq(what, "race"))
		return race_start();
	if (sysfs_streq(what, "unregister"))
		pair_unregister(&pair);
	else if (sysfs_streq(what, "stop"))
		race_stop();
	else
		return -ENOSYS;
	return 0;
}

static int set_do(const char *what, const struct kernel_param *param)
{
	last_err = command(what);
	if (pair.on)
		last_addr = pair.kp.addr;
	return 0;
}

static const struct kernel_param_ops do_ops = { .set = set_do };
module_param_cb(do, &do_ops, NULL, 0200);

static int get_state(char *buffer, const struct kernel_param *param)
{
	u8 byte = 0;
	bool there = last_addr && !copy_from_kernel_nofault(&byte, last_addr, 1);
	/* By a breakpoint or the jump that it becomes; where ftrace keeps a NOP, by its call. */
	bool armed = byte == INT3_INSN_OPCODE || byte == JMP32_INSN_OPCODE ||
		     byte == CALL_INSN_OPCODE;

	return sysfs_emit(buffer, "err=%d gone=%d hits=%d returns=%d at=%px text=%s\n",
			  last_err, pair.on && pair_gone(&pair), atomic_read(&hits),
			  atomic_read(&returns), last_addr,
			  !there ? "none" : armed ? "armed" : "original");
}

static const struct kernel_param_ops state_ops = { .get = get_state };
module_param_cb(state, &state_ops, NULL, 0400);

static int get_raced(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "succeeded=%lu refused=%lu wrong=%lu\n",
			  succeeded, refused, wrong);
}

static const struct kernel_param_ops raced_ops = { .get = get_raced };
module_param_cb(raced, &raced_ops, NULL, 0400);

static int __init kprobe_life_init(void)
{
	int err = register_module_notifier(&follow_nb);

	if (err)
		return err;
	err = register_module_notifier(&refuse_nb);
	if (err)
		unregister_module_notifier(&follow_nb);
	return err;
}

static void __exit kprobe_life_exit(void)
{
	race_stop();
	unregister_module_notifier(&refuse_nb);
	unregister_module_notifier(&follow_nb);
	forget();
	pair_unregister(&pair);
}

module_init(kprobe_life_init)
module_exit(kprobe_life_exit)
MODULE_DESCRIPTION("probes a module that comes and goes");
MODULE_LICENSE("GPL");
