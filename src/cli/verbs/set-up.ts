import { bucketPlace } from './shared-options.ts'
import { group, verb } from './verb.ts'

export const init = verb({
  name: 'init',
  description: 'write a configuration and secret templates for this machine',
  options: {
    '--site <name>': 'name of this machine, such as pi-hosting',
    '--timezone <zone>': 'time zone, such as Australia/Perth',
    '--directory <path>': 'keep the repositories in a folder',
    '--bucket <name>': 'keep the repositories in an S3 bucket',
    ...bucketPlace,
    '--files <name=path...>': 'a component of files; a name given twice gets both paths',
    '--postgres <name=path...>': 'a database component: data directory of a cluster',
    '--postgres-container <name=container...>': 'a database component: a container that runs PostgreSQL',
    '--discord': 'tell failures on Discord',
  },
  load: async () => (await import('../commands/init.ts')).init,
})

export const setup = group('setup', 'prepare engines, repositories and PostgreSQL for the first backup', [
  verb({
    name: 'plan',
    description: 'what would be changed, and why',
    load: async () => (await import('../commands/setup.ts')).setupPlan,
  }),
  verb({
    name: 'apply',
    description: 'do exactly that',
    load: async () => (await import('../commands/setup.ts')).setupApply,
  }),
])

export const config = group('config', 'look at the configuration', [
  verb({
    name: 'check',
    description: 'check it, and the secrets',
    load: async () => (await import('../commands/config.ts')).configCheck,
  }),
  verb({
    name: 'show',
    description: 'what it means: every default filled in',
    load: async () => (await import('../commands/config.ts')).configShow,
  }),
  verb({
    name: 'schema',
    description: 'JSON Schema for editors',
    load: async () => (await import('../commands/config.ts')).configSchema,
  }),
])

export const demo = verb({
  name: 'demo',
  description: 'everything above on a throw-away site',
  options: {
    '--s3': 'on a real S3 server started on this machine, over TLS',
    '--keep': 'leave everything where it is, to look around',
  },
  load: async () => (await import('../commands/demo.ts')).demo,
})
