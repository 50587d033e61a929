/* SPDX-License-Identifier: GPL-2.0 */
/* Memory that is freed after a grace period: table_test.c says when one is over. */
#ifndef _HOST_LINUX_RCUPDATE_H
#define _HOST_LINUX_RCUPDATE_H

struct rcu_head {
	void *unused[2];
};

void host_free_later(struct rcu_head *rcu, void *memory);

#define kvfree_rcu(memory, field)	host_free_later(&(memory)->field, memory)

#endif
