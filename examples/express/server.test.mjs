import { decidesAlikeBehindNginx } from '../behind-nginx.mjs'
import { server } from './server.mjs'

decidesAlikeBehindNginx(server)
