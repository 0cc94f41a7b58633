import type { Verb, WrittenDocument } from '../../src/contract/documents.ts'

/** One example of each document, as `--json` prints it. */
export const examples = {
  backup: {
    schemaVersion: 1,
    run: {
      runId: '20260125T190003Z-5f1c',
      site: 'pi-hosting',
      outcome: 'partial',
      beganAt: '2026-01-25T19:00:03.120Z',
      durationMs: 171000,
      healed: [],
      errors: [],
      steps: [
        {
          component: 'website',
          engine: 'restic',
          outcome: 'done',
          from: ['/srv/website/uploads'],
          to: 's3://my-backups/pi-hosting/website',
          beganAt: '2026-01-25T19:02:21.480Z',
          durationMs: 12044,
          attempts: 1,
          processedBytes: 4012341221,
          addedBytes: 3105220,
          point: { id: '7be79a4b0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01', kind: 'snapshot' },
          processedFiles: 18211,
          healed: [],
          warnings: [],
          errors: [],
          sources: [{ path: '/srv/website/uploads', kind: 'directory', entries: 214, mounted: false, mounts: [] }],
          ratio: 1292.1,
        },
        {
          component: 'logs',
          engine: 'restic',
          outcome: 'failed',
          from: ['/var/log/nginx'],
          to: 's3://my-backups/pi-hosting/logs',
          beganAt: '2026-01-25T19:02:33.530Z',
          durationMs: 41,
          attempts: 1,
          healed: [],
          warnings: [],
          errors: [
            {
              code: 'source-missing',
              message: '/var/log/nginx is missing (12 entries at the last good backup)',
              hint: 'is the volume mounted? Otherwise correct the path in holdfast.yaml',
            },
          ],
          sources: [],
        },
      ],
    },
  },
  'backup --dry-run': {
    schemaVersion: 1,
    site: 'pi-hosting',
    steps: [
      {
        component: 'database',
        reason: 'differential: this month has the full backup 20260101-030002F',
        commands: [
          'runuser -u postgres -- env TZ=UTC pgbackrest --config=/etc/holdfast/pgbackrest/database.conf --stanza=database --type=diff backup',
        ],
        secretFiles: [],
      },
    ],
  },
  points: {
    schemaVersion: 1,
    site: 'pi-hosting',
    timeZone: 'Australia/Perth',
    components: [
      {
        component: 'database',
        askedAt: '2026-01-26T01:12:40.007Z',
        points: [
          {
            id: '20260101-030002F',
            kind: 'full',
            beganAt: '2025-12-31T19:00:02.000Z',
            endedAt: '2025-12-31T19:02:20.000Z',
            sizeBytes: 1620331210,
            addedBytes: 291332018,
            dependsOn: [],
            hasErrors: false,
            tags: [],
          },
        ],
        windows: [
          {
            from: '2025-12-31T19:02:20.000Z',
            to: '2026-01-26T01:10:02.000Z',
            archivedAt: '2026-01-26T01:11:40.000Z',
            points: ['20260101-030002F'],
            timeline: 1,
            archive: '15-1',
            lastWal: '000000010000000400000063',
            brokenAfter: false,
          },
        ],
        repositoryBytes: 4903112845,
      },
    ],
  },
  'browse list': {
    schemaVersion: 1,
    listing: {
      component: 'website',
      point: { id: '7be79a4b0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01', at: '2026-01-25T19:02:33.524Z' },
      path: '/srv/website/uploads',
      kind: 'folder',
      entries: [
        { path: '/srv/website/uploads/2026', kind: 'folder', modifiedAt: '2026-01-25T03:10:00.000Z' },
        { path: '/srv/website/uploads/logo.svg', kind: 'file', sizeBytes: 4312, modifiedAt: '2025-11-02T08:00:12.413Z' },
      ],
      more: 0,
    },
  },
  'browse find': {
    schemaVersion: 1,
    found: {
      component: 'website',
      pattern: 'logo.*',
      searched: 30,
      paths: [
        {
          path: '/srv/website/uploads/logo.svg',
          kind: 'file',
          sizeBytes: 4312,
          modifiedAt: '2025-11-02T08:00:12.413Z',
          points: 12,
          newest: { id: '7be79a4b0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01', at: '2026-01-25T19:02:33.524Z' },
          oldest: { id: '4bba301e5f1cc33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f02', at: '2026-01-01T19:02:30.101Z' },
          versions: 2,
        },
      ],
      more: 0,
    },
  },
  'browse versions': {
    schemaVersion: 1,
    history: {
      component: 'website',
      path: '/srv/website/uploads/logo.svg',
      versions: [
        {
          kind: 'file',
          sizeBytes: 4312,
          modifiedAt: '2025-11-02T08:00:12.413Z',
          points: 12,
          newest: { id: '7be79a4b0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01', at: '2026-01-25T19:02:33.524Z' },
          oldest: { id: '4bba301e5f1cc33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f02', at: '2026-01-01T19:02:30.101Z' },
          restore:
            'holdfast restore website --point 7be79a4b --path /srv/website/uploads/logo.svg --to /var/tmp/restored-7be79a4b',
        },
      ],
    },
  },
  'browse diff': {
    schemaVersion: 1,
    difference: {
      component: 'website',
      before: { id: '4bba301e5f1cc33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f02', at: '2026-01-01T19:02:30.101Z' },
      after: { id: '7be79a4b0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01', at: '2026-01-25T19:02:33.524Z' },
      changes: [
        { change: 'modified', path: '/srv/website/uploads/logo.svg', folder: false, beforeBytes: 4012, afterBytes: 4312 },
      ],
      more: 0,
      totals: {
        modifiedFiles: 1,
        added: { files: 0, folders: 0, sizeBytes: 5861 },
        removed: { files: 0, folders: 0, sizeBytes: 5466 },
      },
    },
  },
  'points pin': {
    schemaVersion: 1,
    pin: {
      component: 'website',
      point: '41ab22cd0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01',
      previousPoint: '7be79a4b0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01',
      at: '2026-01-25T19:02:33.524Z',
      reason: 'before upgrade to 16',
      keptBytes: 3105220,
      monthlyPrice: { currency: 'AUD', amount: 0.000132 },
    },
  },
  'points unpin': {
    schemaVersion: 1,
    pin: {
      component: 'website',
      point: '41ab22cd0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01',
      previousPoint: '7be79a4b0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01',
      at: '2026-01-25T19:02:33.524Z',
      previousReason: 'before upgrade to 16',
      keptBytes: 3105220,
      monthlyPrice: { currency: 'AUD', amount: 0.000132 },
    },
  },
  'restore --dry-run': {
    schemaVersion: 1,
    plan: {
      component: 'database',
      stamp: '20260126-064012',
      point: { id: '20260101-030002F_20260126-030004D', kind: 'differential', endedAt: '2026-01-26T03:02:22.000Z' },
      restoredTo: '2026-01-26T06:30:05.000Z',
      stop: 'time',
      executor: 'here',
      timeline: 1,
      kind: 'directory',
      target: '/srv/restored',
      targetState: 'empty',
      sizeBytes: 1619001344,
      downloadPrice: { currency: 'USD', amount: 0.14585 },
      space: [{ purpose: 'the restore', path: '/srv', neededBytes: 1915119206, freeBytes: 40213811200 }],
      consequences: [],
      notes: [],
      commands: [
        "runuser -u postgres -- env TZ=UTC pgbackrest --config=/etc/holdfast/pgbackrest/database.conf --stanza=database --log-level-console=detail --set=20260101-030002F_20260126-030004D --pg1-path=/srv/restored --archive-mode=off --tablespace-map-all=/srv/restored-tablespaces --type=time '--target=2026-01-26 06:30:05.000+00' --target-action=promote --target-timeline=current restore",
      ],
    },
  },
  restore: {
    schemaVersion: 1,
    restore: {
      point: '20260126-030004D',
      restoredTo: '2026-01-26T06:30:05.000Z',
      places: ['/srv/restored'],
      cluster: {
        majorVersion: '15',
        databases: [{ name: 'app', sizeBytes: 1611203871 }],
        lastTransactionAt: '2026-01-26 06:30:04.512+00',
        endedBeforeTarget: false,
      },
      notes: [],
      component: 'database',
      kind: 'directory',
      sizeBytes: 1619001344,
      target: '/srv/restored',
      durationMs: 138220,
    },
  },
  drill: {
    schemaVersion: 1,
    drill: {
      site: 'pi-hosting',
      outcome: 'passed',
      beganAt: '2026-01-31T21:02:11.120Z',
      durationMs: 402000,
      healed: [],
      drills: [
        {
          component: 'database',
          engine: 'pgbackrest',
          outcome: 'passed',
          beganAt: '2026-01-31T21:02:11.310Z',
          durationMs: 401000,
          point: { id: '20260131-190003F', kind: 'full', endedAt: '2026-01-31T19:01:12.000Z' },
          recoveryMs: 360000,
          lossMs: 240000,
          sizeBytes: 1620000000,
          assertions: [{ what: 'database app answers', holds: true }],
          notes: [],
        },
      ],
      errors: [],
    },
  },
  recover: {
    schemaVersion: 1,
    recover: {
      site: 'pi-hosting',
      whole: false,
      durationMs: 2100,
      steps: [
        {
          step: 'foundry',
          what: 'restore the files /srv/foundry',
          done: true,
          beganAt: '2026-01-26T04:12:09.120Z',
          durationMs: 2100,
          evidence: ['snapshot f9c3a91d of 2026-01-26 03:00:31: 17 files, 67.1 MB'],
        },
      ],
    },
  },
  'recover --dry-run': {
    schemaVersion: 1,
    recovery: {
      site: 'pi-hosting',
      steps: [
        {
          step: 'database',
          what: 'restore PostgreSQL 15 into /var/lib/postgresql/15/main, and start it',
          detail: ['the newest there is', 'archiving stays off until this is the live machine'],
          done: false,
          error: {
            code: 'engine-configuration',
            message: '/etc/holdfast/pgbackrest/database.conf does not exist',
            hint: 'holdfast setup plan shows what is missing, holdfast setup apply writes it',
          },
        },
      ],
    },
  },
  status: {
    schemaVersion: 1,
    status: {
      site: 'pi-hosting',
      at: '2026-01-26T01:15:00.311Z',
      components: [
        {
          component: 'website',
          engine: 'restic',
          newestPoint: { id: '7be79a4b0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01', at: '2026-01-25T19:02:33.524Z' },
          ageMs: 22346787,
          sourceBytes: 4012341221,
          lastStep: {
            component: 'website',
            engine: 'restic',
            outcome: 'done',
            from: ['/srv/website/uploads'],
            to: 's3://my-backups/pi-hosting/website',
            beganAt: '2026-01-25T19:02:21.480Z',
            durationMs: 12044,
            attempts: 1,
            processedBytes: 4012341221,
            addedBytes: 3105220,
            point: { id: '7be79a4b0c55c33ffe4b4c0ffeb2b9c4e7f1cfd1c8ab1be2f4a4a59b6e2d9f01', kind: 'snapshot' },
            processedFiles: 18211,
            healed: [],
            warnings: [],
            errors: [],
            sources: [{ path: '/srv/website/uploads', kind: 'directory', entries: 214, mounted: false, mounts: [] }],
          },
          pins: [],
          outcomes: ['done', 'done', 'failed', 'done'],
          lossMs: 22346787,
          lossLimitMs: 86400000,
          addedPerDayBytes: 3221004,
          ratio: 1290.4,
          days: [
            { date: '2026-01-25', outcome: 'failed' },
            { date: '2026-01-26', outcome: 'done' },
          ],
          healthy: true,
          checks: [
            { kind: 'points', component: 'website', said: 'newest point 6h 12m ago', seenAt: '2026-01-25T19:02:33.524Z' },
            { kind: 'last-run', component: 'website', said: 'last run done', seenAt: '2026-01-25T19:02:33.524Z' },
          ],
        },
      ],
      rtoMs: 7200000,
      nextBackupAt: '2026-01-26T19:00:00.000Z',
      watch: { at: '2026-01-26T01:12:04.100Z', archiving: [], findings: [] },
      notices: { waiting: 0, open: [], givenUp: [] },
    },
  },
  watch: {
    schemaVersion: 1,
    watch: {
      site: 'pi-hosting',
      at: '2026-01-26T01:12:04.100Z',
      checks: [
        { kind: 'archiving', component: 'database', said: 'last WAL 3m ago, 0 waiting', seenAt: '2026-01-26T01:12:04.100Z' },
        {
          kind: 'state-disk',
          said: '212 MB of 29.4 GB free in /var/lib/holdfast/pi-hosting',
          seenAt: '2026-01-26T01:12:04.100Z',
          since: '2026-01-26T00:57:03.310Z',
          error: {
            code: 'disk-low',
            message: '212 MB are free where journal and spool go: /var/lib/holdfast/pi-hosting',
            hint: 'df -h /var/lib/holdfast/pi-hosting shows the file system; free some space on it',
          },
        },
      ],
      asked: [],
      cured: [],
      deliveries: [],
    },
  },
  'retention plan': {
    schemaVersion: 1,
    site: 'pi-hosting',
    timeZone: 'Australia/Perth',
    components: [
      {
        component: 'database',
        at: '2026-01-26T01:12:40.007Z',
        keep: [
          {
            id: '20260101-030002F',
            kind: 'full',
            endedAt: '2025-12-31T19:02:20.000Z',
            addedBytes: 291332018,
            reasons: [{ cause: 'monthly', text: 'kept for January 2026' }],
          },
        ],
        remove: [
          {
            id: '20251201-030002F_20251225-030003D',
            kind: 'differential',
            endedAt: '2025-12-24T19:00:20.000Z',
            addedBytes: 2912110,
            reason: '32 days old, and 2025-12-01 03:02 is kept for December 2025',
          },
        ],
        windowFrom: '20251201-030002F_20251226-030003D',
        refusals: [],
      },
    ],
  },
  'retention apply': {
    schemaVersion: 1,
    site: 'pi-hosting',
    components: [
      {
        component: 'website',
        outcome: 'done',
        removed: [
          {
            point: '9f3e11aa7c5b0a4ea0be9d9c2d2f3cf0ae1b2d5e4d1f4b7a1c0f6d4a2b3c4d5e',
            reason: '30 days old, and 2025-12-01 03:00 is kept for December 2025',
          },
        ],
        kept: 43,
        durationMs: 2104,
      },
    ],
  },
  'setup plan': {
    schemaVersion: 1,
    site: 'pi-hosting',
    items: [
      {
        action: 'set',
        subject: 'archive_mode = on',
        reason: 'WAL is what makes any second restorable',
        detail: "ALTER SYSTEM SET archive_mode = 'on'; takes effect after a restart",
      },
    ],
  },
  'setup apply': {
    schemaVersion: 1,
    site: 'pi-hosting',
    applied: [
      { action: 'create', subject: 'restic repository /mnt/backup/pi-hosting/website', reason: 'there is none for website' },
    ],
    postponed: [
      {
        action: 'restart',
        subject: 'PostgreSQL in /var/lib/postgresql/15/main',
        reason: 'archive_mode takes effect only then',
        detail: 'pg_ctlcluster 15 main restart',
        interrupts: 'connections are closed for a few seconds',
      },
    ],
  },
  'schedule plan': {
    schemaVersion: 1,
    site: 'pi-hosting',
    timeZone: 'Australia/Perth',
    items: [
      {
        action: 'enable',
        subject: 'holdfast-pi-hosting-backup.timer',
        reason: 'it would not run after the next boot',
        detail: 'systemctl enable --now holdfast-pi-hosting-backup.timer',
      },
    ],
    timers: [
      {
        name: 'backup',
        timer: 'holdfast-pi-hosting-backup.timer',
        command: ['/usr/bin/node', '/usr/local/bin/holdfast', 'backup', '--config', '/etc/holdfast/holdfast.yaml'],
        next: [{ at: '2026-01-26T19:00:00.000Z' }, { at: '2026-01-27T19:00:00.000Z' }, { at: '2026-01-28T19:00:00.000Z' }],
        notes: [],
      },
    ],
    dropIns: [],
    notes: [],
  },
  'schedule apply': {
    schemaVersion: 1,
    site: 'pi-hosting',
    timeZone: 'Australia/Perth',
    applied: [
      {
        action: 'enable',
        subject: 'holdfast-pi-hosting-watch.timer',
        reason: 'it would not run after the next boot',
        detail: 'systemctl enable --now holdfast-pi-hosting-watch.timer',
      },
    ],
    timers: [
      {
        name: 'watch',
        timer: 'holdfast-pi-hosting-watch.timer',
        command: ['/usr/bin/node', '/usr/local/bin/holdfast', 'watch', '--config', '/etc/holdfast/holdfast.yaml'],
        next: [],
        everyMs: 300000,
        notes: [],
      },
    ],
    dropIns: [],
    notes: [],
  },
  'schedule remove': {
    schemaVersion: 1,
    site: 'pi-hosting',
    timeZone: 'Australia/Perth',
    applied: [
      { action: 'remove', subject: '/etc/systemd/system/holdfast-pi-hosting-backup.timer', reason: 'holdfast schedule remove' },
    ],
    timers: [],
    dropIns: [],
    notes: [],
  },
  alert: {
    schemaVersion: 1,
    alert: {
      unit: 'holdfast-pi-hosting-backup.service',
      result: 'timeout',
      isToldAlready: false,
      finding: {
        subject: 'unit/holdfast-pi-hosting-backup.service',
        since: '2026-01-26T19:00:00.000Z',
        error: {
          code: 'timeout',
          message: 'holdfast-pi-hosting-backup.service took longer than 2d 1h and was stopped',
          hint: 'journalctl -u holdfast-pi-hosting-backup.service -e shows all of it',
        },
      },
      notices: [{ channel: 'discord', outcome: 'delivered' }],
    },
  },
  notify: {
    schemaVersion: 1,
    notify: { site: 'pi-hosting', kind: 'test', deliveries: [{ channel: 'discord', outcome: 'delivered' }] },
  },
  runbook: { schemaVersion: 1, site: 'pi-hosting', text: '…', file: '/srv/RESTORE.md' },
  'config check': { schemaVersion: 1, site: 'pi-hosting', file: '/etc/holdfast/holdfast.yaml', good: true },
  'config show': {
    schemaVersion: 1,
    site: {
      name: 'pi-hosting',
      timeZone: 'Australia/Perth',
      file: '/etc/holdfast/holdfast.yaml',
      storage: { kind: 'directory', path: '/mnt/backup' },
      secretsDirectory: '/etc/holdfast/secrets',
      engines: { restic: 'restic', pgbackrest: 'pgbackrest' },
      patience: 180000,
      objectives: { rpo: 1800000, rto: 7200000 },
      notify: [{ kind: 'discord', events: ['failure', 'all-clear', 'heartbeat', 'summary'] }],
      schedule: { backup: '03:00', drill: 'monthly', heartbeat: 'monthly', summary: 'never' },
      contacts: ['Alex, +61 400 000 000: has the passphrase'],
      components: {
        website: {
          source: { kind: 'files', paths: ['/srv/website/uploads'], exclude: [], oneFileSystem: false },
          retention: { daily: 30, monthly: 'forever' },
          deadline: 86400000,
          repository: '/mnt/backup/pi-hosting/website',
        },
      },
    },
  },
  init: {
    schemaVersion: 1,
    init: {
      site: 'pi-hosting',
      timeZone: 'Australia/Perth',
      storage: { kind: 'directory', path: '/mnt/backup' },
      components: [{ kind: 'files', name: 'website', paths: ['/srv/website/uploads'] }],
      discord: false,
      file: '/etc/holdfast/holdfast.yaml',
      written: ['/etc/holdfast/holdfast.yaml', '/etc/holdfast/secrets/restic.key'],
    },
  },
  demo: {
    schemaVersion: 1,
    demo: { root: '/tmp/holdfast-demo', kept: false, proofs: ['the website is what it was'], durationMs: 41000 },
  },
  errors: {
    schemaVersion: 1,
    error: {
      code: 'locked',
      message: 'another holdfast works on this site: backup, process 4711, since 2026-01-25T19:00:03Z',
      hint: 'wait until it is done, or give --wait 30m',
      exitCode: 11,
    },
  },
} satisfies { readonly [Name in Verb]: WrittenDocument<Name> }
