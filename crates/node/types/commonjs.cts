// The same from CommonJS.
import gatewright = require('gatewright')
import express = require('gatewright/express')

const authorizer: gatewright.Authorizer = new gatewright.Authorizer(gatewright.Config.fromObject({ version: 1 }))
const decision: gatewright.Decision = authorizer.decide({ method: 'GET', host: 'a', path: '/' })
if (decision.outcome === 'allow') console.log(decision.permit.headers)
export = express.gatewright(authorizer)
