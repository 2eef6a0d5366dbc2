-- Asks gatewright about every request: `http-request lua.gatewright` in haproxy.cfg. Written by `gatewright init haproxy`.
-- On a yes it sets the variable txn.gatewright to "allow" and writes the identity into the request; otherwise it answers the client.
-- If it fails, the variable stays unset and the next line of haproxy.cfg refuses the request.

local GATE = { url = "http://gatewright/auth/haproxy", dst = {{ "unix@" ~ own.socket }} }
local TIMEOUT = 10000   -- milliseconds; the section gatewright_gate answers earlier, whatever happens
local MAX_HEADERS = 80  -- HAProxy 2.6 crashes if its client is given more than 101
{% if site.proxy_secret %}
local SECRET = {{ site.proxy_secret }}
{% endif %}
{% if site.session_cookie %}
local COOKIE = {{ site.session_cookie }}
{% endif %}
local IDENTITY = {
{% for header in site.identity_headers %}
    {{ header.lower }},
{% endfor %}
}

-- What only the proxy may say. A name with other characters than letters, digits and hyphens goes as well: backends differ in what
-- they take `X_User` and `X.User` for.
local FORGED = {
    ["forwarded"] = true, ["x-real-ip"] = true, ["x-client-ip"] = true, ["x-rewrite-url"] = true,
    ["client-cert"] = true, ["client-cert-chain"] = true,
    -- of the connection to us alone
    ["connection"] = true, ["keep-alive"] = true, ["proxy-connection"] = true, ["proxy-authorization"] = true, ["te"] = true,
    ["trailer"] = true, ["upgrade"] = true, ["http2-settings"] = true,
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

-- The values of a header; HAProxy counts them from 0.
local function list(values)
    local out, at = {}, 0
    while values and values[at] ~= nil do
        out[#out + 1] = values[at]
        at = at + 1
    end
    return out
end

-- A header's value if it comes once and is printable.
local function only(headers, name)
    local values = list(headers[name])
    if #values == 1 and not values[1]:find("[^\x20-\x7e]") then return values[1] end
    return nil
end

local function is_forged(name)
    if name:find("[^a-z0-9-]") or FORGED[name] then return true end
    for _, prefix in ipairs(FORGED_PREFIXES) do
        if name:sub(1, #prefix) == prefix then return true end
    end
    return false
end

-- Takes out what only we may say, and says it.
local function clean(txn)
    local headers = txn.http:req_get_headers()
    local websocket = #list(headers["upgrade"]) == 1 and headers["upgrade"][0]:lower() == "websocket"
    for name in pairs(headers) do
        if is_forged(name:lower()) then txn.http:req_del_header(name) end
    end
    if websocket then -- no other upgrade: in a tunnel nobody would be asked about the next request
        txn.http:req_set_header("connection", "upgrade")
        txn.http:req_set_header("upgrade", "websocket")
    end
    local ssl = txn.f:ssl_fc()
    txn.http:req_set_header("x-forwarded-proto", (ssl == 1 or ssl == true) and "https" or "http")
    txn.http:req_set_header("x-forwarded-host", list(headers["host"])[1] or "")
    local address = txn.f:src()
{% if site.behind_proxies %}
    -- Behind other proxies: the gate takes the last address that is not in `trusted_hops`.
    local hops = list(headers["x-forwarded-for"])
    hops[#hops + 1] = address
    address = table.concat(hops, ", ")
{% endif %}
    if address then txn.http:req_set_header("x-forwarded-for", address) end
{% if "client-cert" in site.certificate_headers or "x-forwarded-client-cert" in site.certificate_headers %}
    local used = txn.f:ssl_c_used()
    if (used == 1 or used == true) and txn.f:ssl_c_verify() == 0 then
        local certificate = txn.f:ssl_c_der()
{% if "client-cert" in site.certificate_headers %}
        txn.http:req_set_header("client-cert", ":" .. txn.c:base64(certificate) .. ":")
{% endif %}
{% if "x-forwarded-client-cert" in site.certificate_headers %}
        txn.http:req_set_header("x-forwarded-client-cert", "Hash=" .. txn.c:hex(txn.c:sha2(certificate, 256)):lower())
{% endif %}
    end
{% endif %}
{% if "x-ssl-client-cert" in site.certificate_headers %}
    -- HAProxy has no such form of a certificate as the policy's: `form = "rfc9440"` there.
{% endif %}
    return txn.http:req_get_headers()
end

-- The gate's answer, or nil and a status for the client.
local function ask(txn, headers)
    local sent, count = {}, 0
    for name, values in pairs(headers) do
        if not NOT_SENT[name] then
            sent[name] = list(values)
            count = count + #sent[name]
        end
    end
    if count > MAX_HEADERS then return nil, 431 end
    sent["host"] = { "gatewright" }
    sent["x-forwarded-method"] = { txn.f:method() }
    sent["x-forwarded-uri"] = { txn.f:pathq() }
{% if site.proxy_secret %}
    sent["x-gatewright-proxy"] = { SECRET }
{% endif %}
    -- HEAD: there is no body to wait for, or to hold.
    local done, answer = pcall(function()
        return core.httpclient():head({ url = GATE.url, dst = GATE.dst, timeout = TIMEOUT, headers = sent })
    end)
    if not done or type(answer) ~= "table" then return nil, 503 end
    return answer, tonumber(answer.status) or 503
end

local function refuse(txn, status, name, value)
    local reply = txn:reply({ status = status })
    reply:add_header("cache-control", "no-store")
    if name then reply:add_header(name, value) end
    txn:done(reply)
end

-- Whether a person's browser opens a page, and may be sent to the login.
local function navigates(method, headers)
    if method ~= "GET" and method ~= "HEAD" then return false end
    local modes = list(headers["sec-fetch-mode"])
    if #modes > 0 then return #modes == 1 and modes[1] == "navigate" end
    if headers["x-requested-with"] then return false end
    for _, accept in ipairs(list(headers["accept"])) do
        if accept:lower():find("text/html", 1, true) then return true end
    end
    return false
end

{% if site.session_cookie %}
-- The session cookie is for the gate alone: the application gets the other cookies.
local function strip_session(txn, headers)
    local lines = list(headers["cookie"])
    if #lines == 0 then return end
    txn.http:req_del_header("cookie")
    for _, line in ipairs(lines) do
        local kept = {}
        for pair in line:gmatch("[^;]+") do
            local name = pair:match("^%s*([^=]-)%s*=")
            if name ~= COOKIE and pair:find("%S") then kept[#kept + 1] = pair:match("^%s*(.-)%s*$") end
        end
        if #kept > 0 then txn.http:req_add_header("cookie", table.concat(kept, "; ")) end
    end
end

{% endif %}
core.register_action("gatewright", { "http-req" }, function(txn)
    txn:unset_var("txn.gatewright")
    txn:unset_var("txn.gatewright_cookie")
    local headers = clean(txn)
    local answer, status = ask(txn, headers)
    if answer and status == 401 then
        local login = only(answer.headers, "location")
        if login and login ~= "" and navigates(txn.f:method(), headers) then return refuse(txn, 302, "location", login) end
        return refuse(txn, 401, "www-authenticate", only(answer.headers, "www-authenticate") or "Bearer")
    elseif not answer or status ~= 200 then
        return refuse(txn, (status == 403 or status == 431) and status or 503)
    end
    if only(answer.headers, "cache-control") ~= "no-store" then
        txn:Alert("gatewright: what answered at the gate's address is not the gate")
        return refuse(txn, 503)
    end
    for _, name in ipairs(IDENTITY) do
        local value = only(answer.headers, name)
        if not value then
            txn:Alert("gatewright: the answer does not say " .. name .. " once; run `gatewright init haproxy` again")
            return refuse(txn, 503)
        end
        if value ~= "" then txn.http:req_set_header(name, value) end
    end
    -- HAProxy does not say so when there is no room left for a header.
    local written = txn.http:req_get_headers()
    for _, name in ipairs(IDENTITY) do
        if (only(written, name) or "") ~= only(answer.headers, name) then return refuse(txn, 431) end
    end
{% if site.session_cookie %}
    strip_session(txn, headers)
{% endif %}
    local cookie = only(answer.headers, "set-cookie")
    if cookie then txn:set_var("txn.gatewright_cookie", cookie) end
    txn:set_var("txn.gatewright", "allow")
end)
