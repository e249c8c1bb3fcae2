-- The benchmark's script for sysbench: one account by its key, prepared.
function thread_init()
	drv = sysbench.sql.driver()
	con = drv:connect()
	stmt = con:prepare("SELECT abalance FROM pgbench_accounts WHERE aid = ?")
	aid = stmt:bind_create(sysbench.sql.type.INT)
	stmt:bind_param(aid)
end

function event()
	aid:set(sysbench.rand.uniform(1, 100000))
	stmt:execute()
end

function thread_done()
	stmt:close()
	con:disconnect()
end
