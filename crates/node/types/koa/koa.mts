// The middleware with Koa's own types.
import Koa from 'koa'
import { Authorizer } from 'gatewright'
import { gatewright } from 'gatewright/koa'
import type { GatewrightState } from 'gatewright/koa'

new Koa<GatewrightState>()
  .use(gatewright(Authorizer.fromFile('gatewright.toml')))
  .use((ctx) => void (ctx.body = ctx.state.gatewright.identity?.email))

// @ts-expect-error: an authorizer is needed
gatewright()
