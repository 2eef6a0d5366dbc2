-- Asks gatewright about every request: `LuaHookFixups` in gatewright.conf. Written by `gatewright init apache`. Needs LuaSocket.
-- On a yes it writes the identity into the request; otherwise it gives the status of the answer. If it fails, httpd answers 500.

require "apache2"
local socket = require "socket"
{% if site.gate.unix is defined %}
local unix = require "socket.unix"
{% endif %}

local CONNECT_TIMEOUT, TIMEOUT = 1, 3            -- seconds; the second is for the whole question
local MAX_QUESTION, MAX_ANSWER = 30000, 16384    -- bytes
{% if site.session_cookie %}
local COOKIE = {{ site.session_cookie }}
{% endif %}
-- Lower case, and as the application gets them.
local IDENTITY = {
{% for header in site.identity_headers %}
    [{{ header.lower }}] = {{ header.name }},
{% endfor %}
}

-- What only the proxy may say. A name with other characters than letters, digits and hyphens goes as well: backends differ in what
-- they take `X_User` and `X.User` for.
local FORGED = {
    ["forwarded"] = true, ["x-real-ip"] = true, ["x-client-ip"] = true, ["x-rewrite-url"] = true, ["x-request-id"] = true,
    ["client-cert"] = true, ["client-cert-chain"] = true,
    -- of the connection to us alone
    ["keep-alive"] = true, ["proxy-connection"] = true, ["proxy-authorization"] = true, ["te"] = true, ["trailer"] = true,
    ["http2-settings"] = true,
{% for header in site.identity_headers %}
    [{{ header.lower }}] = true,
{% endfor %}
}
local FORGED_PREFIXES = { "x-forwarded-", "x-original-", "x-ssl-", "x-envoy-", "x-gatewright-" }

-- What the gate is not sent: it decides without the body, and gives no answer that could be cached or be a part.
local NOT_SENT = {
    ["host"] = true, ["content-length"] = true, ["transfer-encoding"] = true, ["expect"] = true, ["connection"] = true,
    ["upgrade"] = true, ["te"] = true, ["trailer"] = true, ["keep-alive"] = true,
}

local function is_forged(name)
    if name:find("[^a-z0-9-]") or FORGED[name] then return true end
    for _, prefix in ipairs(FORGED_PREFIXES) do
        if name:sub(1, #prefix) == prefix then return true end
    end
    return false
end

-- Keeps of `Connection` what httpd acts on: mod_proxy drops every header that a client names there, the identity too.
local function clean_connection(r)
    local websocket = (r.headers_in["Upgrade"] or ""):lower() == "websocket"
    local kept = {}
    for token in (r.headers_in["Connection"] or ""):lower():gmatch("[^,%s]+") do
        if token == "close" or token == "keep-alive" or (token == "upgrade" and websocket) then kept[#kept + 1] = token end
    end
    r.headers_in["Connection"] = #kept > 0 and table.concat(kept, ", ") or nil
    if not websocket then r.headers_in["Upgrade"] = nil end
end

-- Takes out what only we may say, and says it.
local function clean(r)
{% if site.behind_proxies %}
    local hops = r.headers_in["X-Forwarded-For"]
{% endif %}
    for name in pairs(r:headers_in_table()) do
        if is_forged(name:lower()) then r.headers_in[name] = nil end
    end
    clean_connection(r)
    r.headers_in["X-Request-Id"] = r.subprocess_env["UNIQUE_ID"]
    r.headers_in["X-Forwarded-Proto"] = r.is_https and "https" or "http"
{% if site.behind_proxies %}
    r.headers_in["X-Forwarded-For"] = hops -- mod_proxy appends the address of who asks us
{% endif %}
{% if "client-cert" in site.certificate_headers or "x-ssl-client-cert" in site.certificate_headers %}
    if r.is_https and r:ssl_var_lookup("SSL_CLIENT_VERIFY") == "SUCCESS" then
        local pem = r:ssl_var_lookup("SSL_CLIENT_CERT")
{% if "client-cert" in site.certificate_headers %}
        local der = pem:match("^%-%-%-%-%-BEGIN CERTIFICATE%-%-%-%-%-(.-)%-%-%-%-%-END CERTIFICATE")
        r.headers_in["Client-Cert"] = ":" .. der:gsub("%s", "") .. ":"
{% endif %}
{% if "x-ssl-client-cert" in site.certificate_headers %}
        r.headers_in["X-SSL-Client-Verify"] = "SUCCESS"
        r.headers_in["X-SSL-Client-Cert"] = pem:gsub("[^%w%-._~]", function(c) return string.format("%%%02X", c:byte()) end)
{% endif %}
    end
{% endif %}
{% if "x-forwarded-client-cert" in site.certificate_headers %}
    -- httpd has no such form of a certificate as the policy's: `form = "rfc9440"` there.
{% endif %}
end

-- `LuaScope thread` keeps this for the next request of the same thread.
local connection
{% if own.secret %}
local secret
{% endif %}

local function connect()
{% if site.gate.unix is defined %}
    local s = unix.stream()
    s:settimeout(CONNECT_TIMEOUT, "t")
    local connected, why = s:connect({{ site.gate.unix }})
{% else %}
    local s = socket.tcp()
    s:settimeout(CONNECT_TIMEOUT, "t")
    local connected, why = s:connect({{ own.gate_host }}, {{ site.gate.tcp.port }})
    if connected then s:setoption("tcp-nodelay", true) end
{% endif %}
    if not connected then s:close() return nil, why end
    return s
end

-- Sends the question on `s` and reads the answer's head; the method is HEAD, so there is nothing else. Returns nil, why, and what came.
local function exchange(s, question, deadline)
    local text = ""
    local function wait()
        s:settimeout(nil, "b")
        s:settimeout(math.max(deadline - socket.gettime(), 0.001), "t")
    end
    wait()
    local sent, why = s:send(question)
    if not sent then return nil, why, text end
    repeat
        wait()
        local first, failed = s:receive(1)
        if not first then return nil, failed, text end
        s:settimeout(0, "b")
        local all, _, part = s:receive(MAX_ANSWER) -- what is there already
        text = text .. first .. (all or part or "")
        if #text > MAX_ANSWER then return nil, "the answer is too long", text end
    until text:find("\r\n\r\n", 1, true)
    return text
end

-- Asks on the connection of the last time, or on a new one. After a failure it is closed: a late answer must not be taken for that to
-- the next question.
local function ask(question)
    local deadline = socket.gettime() + TIMEOUT
    local s, answer, why, came = connection, nil, nil, nil
    connection = nil
    if s then
        s:settimeout(0, "b")
        local stray, state = s:receive(1)
        if stray or state ~= "timeout" then s:close() s = nil end -- closed by the gate, or bytes that nobody asked for
    end
    if s then
        answer, why, came = exchange(s, question, deadline)
        if not answer then
            s:close()
            if why ~= "closed" or came ~= "" then return nil, why end -- otherwise the gate had closed it before it heard the question
        end
    end
    if not answer then
        s, why = connect()
        if not s then return nil, why end
        answer, why = exchange(s, question, deadline)
        if not answer then s:close() return nil, why end
    end
    local head = answer:find("\r\n\r\n", 1, true) + 3
    if head ~= #answer or answer:lower():find("\r\nconnection:%s*close") then s:close() else connection = s end
    if head ~= #answer then return nil, "bytes after the answer" end
    return answer
end

-- The status and the headers of an answer, `false` for one that is repeated; nil if a line is not as it should be.
local function parse(answer)
    if answer:find("[^\x20-\x7e\r\n\t]") then return nil end
    local status, lines = answer:match("^HTTP/1%.[01] (%d%d%d) [^\r\n]*\r\n(.*)\r\n$")
    if not status then return nil end
    local headers = {}
    for line in lines:gmatch("(.-)\r\n") do
        local name, value = line:match("^([%w-]+):[ \t]*([^\r\n]-)[ \t]*$")
        if not name then return nil end
        name = name:lower()
        headers[name] = headers[name] == nil and value or false
    end
    return tonumber(status), headers
end

-- Whether a person's browser opens a page, and may be sent to the login.
local function navigates(r)
    if r.method ~= "GET" and r.method ~= "HEAD" then return false end
    local mode = r.headers_in["Sec-Fetch-Mode"]
    if mode then return mode == "navigate" end
    return not r.headers_in["X-Requested-With"] and (r.headers_in["Accept"] or ""):lower():find("text/html", 1, true) ~= nil
end

{% if site.session_cookie %}
-- The session cookie is for the gate alone: the application gets the other cookies. httpd joins two `Cookie` lines by a comma; if ours
-- stands behind one, all go.
local function strip_session(r)
    local kept = {}
    for pair in (r.headers_in["Cookie"] or ""):gmatch("[^;]+") do
        local name = pair:match("^%s*([^=]-)%s*=")
        if name ~= COOKIE and pair:find("%S") then kept[#kept + 1] = pair:match("^%s*(.-)%s*$") end
    end
    local text = table.concat(kept, "; ")
    local at = text:find(COOKIE .. "=", 1, true)
    while at do
        if text:sub(1, at - 1):find("[,%s]$") then text = "" end
        at = text:find(COOKIE .. "=", at + 1, true)
    end
    r.headers_in["Cookie"] = text ~= "" and text or nil
end

{% endif %}
local function refuse(r, status)
    r.err_headers_out["Cache-Control"] = "no-store"
    return status
end

function gatewright(r)
    -- What httpd is about to ask the application for is what the client wrote, and what the gate is asked about.
    local target, host = r.unparsed_uri, r.headers_in["Host"]
    local address = r.filename or ""
    local server = address:sub(1, -#target - 1)
    if target:sub(1, 1) ~= "/" or address ~= server .. target or not server:find("^proxy:%a+://[^/?#]+$") then
        return refuse(r, 400)
    end
    if not host or host == "" then return refuse(r, 400) end

{% if own.secret %}
    secret = r.headers_in["X-Gatewright-Proxy"] or secret -- an internal redirect comes without
{% endif %}
    clean(r)
    local lines = {
        "HEAD /auth/apache HTTP/1.1", "Host: gatewright",
        "X-Forwarded-Method: " .. r.method, "X-Forwarded-Host: " .. host, "X-Forwarded-Uri: " .. target,
{% if own.secret %}
        "X-Gatewright-Proxy: " .. (secret or ""),
{% endif %}
    }
    for name, value in pairs(r:headers_in_table()) do
        name = name:lower()
{% if site.behind_proxies %}
        if name ~= "x-forwarded-for" and not NOT_SENT[name] then lines[#lines + 1] = name .. ": " .. value end
{% else %}
        if not NOT_SENT[name] then lines[#lines + 1] = name .. ": " .. value end
{% endif %}
    end
{% if site.behind_proxies %}
    -- Behind other proxies: the gate takes the last address that is not in `trusted_hops`.
    local hops = r.headers_in["X-Forwarded-For"]
    lines[#lines + 1] = "X-Forwarded-For: " .. (hops and hops .. ", " or "") .. r.useragent_ip
{% else %}
    lines[#lines + 1] = "X-Forwarded-For: " .. r.useragent_ip
{% endif %}
    for _, line in ipairs(lines) do
        if line:find("[\r\n%z]") then return refuse(r, 400) end
    end
    local question = table.concat(lines, "\r\n") .. "\r\n\r\n"
    if #question > MAX_QUESTION then return refuse(r, 431) end

    local answer, why = ask(question)
    local status, headers
    if answer then status, headers = parse(answer) end
    if not status then
        r:err("gatewright: no answer that can be used: " .. tostring(why or "a line is malformed"))
        return refuse(r, 503)
    end
    if status == 401 then
        local login = headers["location"]
        if login and login ~= "" and navigates(r) then
            r.err_headers_out["Location"] = login
            return refuse(r, 302)
        end
        r.err_headers_out["WWW-Authenticate"] = headers["www-authenticate"] or "Bearer"
        return refuse(r, 401)
    elseif status ~= 200 then
        return refuse(r, (status == 403 or status == 431) and status or 503)
    end
    if headers["cache-control"] ~= "no-store" then
        r:err("gatewright: what answered at the gate's address is not the gate")
        return refuse(r, 503)
    end
    for name, written in pairs(IDENTITY) do
        if not headers[name] then
            r:err("gatewright: the answer does not say " .. name .. " once; run `gatewright init apache` again")
            return refuse(r, 503)
        end
        if headers[name] ~= "" then r.headers_in[written] = headers[name] end
    end
{% if site.session_cookie %}
    strip_session(r)
{% endif %}
    if headers["set-cookie"] then r.err_headers_out["Set-Cookie"] = headers["set-cookie"] end
    return apache2.OK
end
