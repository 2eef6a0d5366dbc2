// What the compiler must accept, and (under @ts-expect-error) what it must refuse.
import { createServer } from 'node:http'
import { Authorizer, CODES, Config, ConfigError, Denied, REJECTIONS, RootKey, attenuate, isNavigation } from 'gatewright'
import type { Code, Decision, Identity, Outage, Permit, Rejection, RequestFacts } from 'gatewright'

const authorizer = new Authorizer(Config.fromToml('version = 1').resolve({ folder: '.' }))
const request: RequestFacts = { method: 'GET', host: 'app.example.com', path: '/', headers: [['Cookie', 'a=1']] }

export function told(decision: Decision): string {
  switch (decision.outcome) {
    case 'allow': {
      const identity: Identity | null = decision.permit.identity
      return identity?.subject ?? 'nobody'
    }
    case 'challenge':
      return decision.loginUrl ?? decision.wwwAuthenticate
    case 'forbid': {
      const code: Rejection = decision.code
      return code
    }
    case 'indeterminate': {
      const code: Outage = decision.code
      return code
    }
    default: {
      const nothing: never = decision
      return nothing
    }
  }
}

const decision = authorizer.decide(request, { now: 1767225600 })
// @ts-expect-error: only an allow has a permit
export const unproven: Permit = decision.permit
// @ts-expect-error: a code is of the list
export const wrong: Code = 'allowd'
// @ts-expect-error: permits are made by decisions alone
new (authorizer.require(request).constructor as typeof Permit)()
// @ts-expect-error: a request has a host
authorizer.decide({ method: 'GET', path: '/' })
// @ts-expect-error: nothing can be changed
decision.status = 200

for (const headers of [['Cookie', 'a=1'], { cookie: 'a=1', authorization: ['a', 'b'] }, new Headers()]) {
  authorizer.decide({ ...request, headers })
}
createServer((req) => authorizer.decide({ ...request, headers: req.rawHeaders }))
createServer((req) => authorizer.decide({ ...request, headers: req.headers }))
export const eventually: Promise<Decision> = authorizer.decideAsync(request)
export const codes: readonly Code[] = [...CODES, ...REJECTIONS]
export const narrowed: string = attenuate(RootKey.generate().mint({ subject: 'alice', groups: ['staff'] }), { methods: ['GET'] })
export const navigates: boolean = isNavigation(request)

try {
  authorizer.require(request)
} catch (error) {
  if (error instanceof Denied) told(error.decision)
  if (error instanceof ConfigError) console.log(error.line satisfies number | null)
}
