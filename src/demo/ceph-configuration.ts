import { existsSync, readdirSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'

/** Ceph's own options, of its configuration reference. Every path is relative to the server's folder. */
export function clusterConfiguration(clusterId: string, monitorPort: number, port: number): string {
  // Clients may look localhost up as ::1 first, and pgBackRest 2.45 tries only the first address.
  const addresses = hasLoopback6() ? ['127.0.0.1', '[::1]'] : ['127.0.0.1']
  const endpoints = addresses.map((address) => `ssl_endpoint=${address}:${port}`).join(' ')
  return `[global]
fsid = ${clusterId}
mon_host = [v2:127.0.0.1:${monitorPort}/0]
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
keyring = /dev/null
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
ms_bind_ipv6 = false
run_dir = .
crash_dir = log
log_file =
log_to_stderr = true
pid_file =
# a socket's path may have 107 characters, which a long root would pass
admin_socket =
debug_rocksdb = 1
# one copy, on one OSD, without a manager
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_max_pg_per_osd = 1000
crush_location = root=default host=localhost
# the defaults gather changes for 1 s, look for a new OSD every 5 s, and take 250 ms to close a block file
paxos_propose_interval = 0.02
objecter_tick_interval = 0.2
bdev_aio_poll_ms = 20
bluestore_fsck_on_mkfs = false

[mon]
mon_data = monitor
mon_cluster_log_file = log/cluster.log
mon_data_avail_crit = 1
# a taken port ends it at once, and the start goes on with another
ms_bind_retry_count = 1

[osd]
osd_data = osd
osd_journal = osd/journal
osd_objectstore = bluestore
osd_class_dir = ${classFolder()}
osd_op_queue = wpq
# a killed gateway holds up writes of buckets and users until its watches lapse: 30 s by default
osd_client_watch_timeout = 10
bluestore_block_create = true
# sparse: takes what is written, up to 16 GiB
bluestore_block_size = 17179869184
bluestore_cache_autotune = false
bluestore_cache_size = 67108864

[client.gateway]
# without it the gateway, which knows no cephx key, waits 300 s for the monitor and gives up
ms_mon_client_mode = crc
rgw_data = gateway
rgw_dns_name = localhost
rgw_frontends = beast ${endpoints} ssl_certificate=../certificates/server.pem ssl_private_key=../certificates/server.key
rgw_thread_pool_size = 32
rgw_override_bucket_index_max_shards = 1
# of three workers two lose the race for the lock and then sleep 5 s, which a stop has to wait for
rgw_lc_max_worker = 1
`
}

/** Debian's Ceph 18 looks for the OSD's loadable classes below whatever folder it happens to run in. */
function classFolder(): string {
  const libraries = '/usr/lib'
  const machine = readdirSync(libraries).find((name) => existsSync(join(libraries, name, 'rados-classes')))
  return join(libraries, machine ?? '', 'rados-classes')
}

/** Whether this machine has the loopback address of IPv6 too. */
export const hasLoopback6 = (): boolean =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1') === true)
