import { waiting } from './shared-options.ts'
import { group, verb } from './verb.ts'

export const backup = verb({
  name: 'backup',
  description: 'back up all components, or those named',
  operands: { '[component...]': '' },
  options: {
    '--dry-run': 'print the exact engine commands instead of running them',
    '--pin <reason>': 'keep the points of this run for ever',
    '--allow-empty': 'accept folders that held data before and are empty now',
    '--no-retention': 'remove nothing afterwards; otherwise once a day what the policy says',
    ...waiting,
  },
  load: async () => (await import('../commands/backup.ts')).backup,
})

const point = { '<component>': '', '<point>': 'its id, or the beginning of it' }

export const points = verb({
  name: 'points',
  description: 'restore points and recovery windows',
  operands: { '[component...]': '' },
  options: { '--usage': 'ask for the sizes of the repositories too' },
  load: async () => (await import('../commands/points.ts')).points,
  // No component may have one of these two names.
  verbs: [
    verb({
      name: 'pin',
      description: 'keep a point for ever',
      operands: point,
      options: { '--reason <text>': { description: "why, such as 'before upgrade to 16'", required: true }, ...waiting },
      load: async () => (await import('../commands/pin.ts')).pinPoint,
    }),
    verb({
      name: 'unpin',
      description: 'keep a point no longer than its retention says',
      operands: point,
      options: waiting,
      load: async () => (await import('../commands/pin.ts')).unpinPoint,
    }),
  ],
})

export const retention = group('retention', 'which restore points stay, and removing the others', [
  verb({
    name: 'plan',
    description: 'what stays, what goes, and why',
    operands: { '[component...]': '' },
    options: { '--until <date>': 'what would stand on a later day, such as 2029-01-01' },
    load: async () => (await import('../commands/retention.ts')).retentionPlan,
  }),
  verb({
    name: 'apply',
    description: 'remove exactly what the plan says',
    operands: { '[component...]': '' },
    options: {
      '--allow-large': 'also when more than a third of the points of a component would go',
      '--clock-is-right': 'also when the clock looks wrong; it is not asked about the same again',
    },
    load: async () => (await import('../commands/retention.ts')).retentionApply,
  }),
])
