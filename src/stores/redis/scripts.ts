/**
 * What must happen in one step happens in a script. All keys of one call share a hash tag, so each script runs on one
 * node of a cluster; keys a script composes itself begin with its first key up to the closing brace.
 *
 * A session is a text of lines, so that a script can change one without knowing JSON:
 *   user, actor, last seen, expires, authenticated, data, everything else
 * Beside it stand sorted sets: the sessions of each user by expiry (`user:ID`), all by expiry (`all`), all by activity
 * (`seen`). A key expires by itself; what it leaves in the sets is swept by score.
 */
const names = `
  local tag = KEYS[1]:match('^(.-})')
  local function session(key) return tag .. ':session:' .. key end
  local function user(id) return tag .. ':user:' .. id end
  local all, seen = tag .. ':all', tag .. ':seen'
  local function keep(set, milliseconds)
    if redis.call('pttl', set) < milliseconds then redis.call('pexpire', set, milliseconds) end
  end
  local function forget(key, value)
    local userId, actorId = value:match('^(%d+)\\n(%d*)\\n')
    redis.call('zrem', user(userId), key)
    if actorId ~= '' then redis.call('zrem', user(actorId), key) end
    redis.call('zrem', all, key)
    redis.call('zrem', seen, key)
  end
  local function file(key, value, milliseconds)
    local userId, actorId, lastSeen, expires = value:match('^(%d+)\\n(%d*)\\n(%d+)\\n(%d+)\\n')
    redis.call('set', session(key), value, 'px', milliseconds)
    local owners = { userId, actorId ~= '' and actorId or nil }
    for _, owner in ipairs(owners) do
      -- nobody's sessions (user 0) are not asked for; what expired by itself left its name behind
      if owner ~= '0' then
        redis.call('zremrangebyscore', user(owner), '-inf', tonumber(expires) - milliseconds)
        redis.call('zadd', user(owner), expires, key)
        keep(user(owner), milliseconds)
      end
    end
    redis.call('zadd', all, expires, key)
    redis.call('zadd', seen, lastSeen, key)
    keep(all, milliseconds)
    keep(seen, milliseconds)
  end
`;

/** KEYS: the session. ARGV: key, value, milliseconds to live */
const insert = `${names}
  file(ARGV[1], ARGV[2], tonumber(ARGV[3]))
  return 1
`;

/** KEYS: the session. ARGV: key, last seen, expires, milliseconds to live. Only while it exists. */
const touch = `${names}
  local value = redis.call('get', KEYS[1])
  if not value then return 0 end
  local owners, rest = value:match('^(%d+\\n%d*\\n)%d+\\n%d+\\n(.*)$')
  file(ARGV[1], owners .. ARGV[2] .. '\\n' .. ARGV[3] .. '\\n' .. rest, tonumber(ARGV[4]))
  return 1
`;

/** KEYS: the session. ARGV: time of authentication or '', data or ''. Only while it exists. */
const change = `
  local value = redis.call('get', KEYS[1])
  if not value then return 0 end
  local head, authenticated, data, rest = value:match('^(%d+\\n%d*\\n%d+\\n%d+\\n)(%d+)\\n([^\\n]*)\\n(.*)$')
  if ARGV[1] ~= '' then authenticated = ARGV[1] end
  if ARGV[2] ~= '' then data = ARGV[2] end
  redis.call('set', KEYS[1], head .. authenticated .. '\\n' .. data .. '\\n' .. rest, 'keepttl')
  return 1
`;

/** KEYS: the session. ARGV: key */
const remove = `${names}
  local value = redis.call('get', KEYS[1])
  if not value then return 0 end
  forget(ARGV[1], value)
  return redis.call('del', KEYS[1])
`;

/**
 * KEYS: the set of a user's sessions. ARGV: the key that stays, how many at most. Answers how many names were taken out of
 * the set, and how many of them were still a session.
 */
const removeOfUser = `${names}
  local ended, gone = 0, {}
  for _, key in ipairs(redis.call('zrange', KEYS[1], 0, ARGV[2])) do
    if key ~= ARGV[1] and #gone < tonumber(ARGV[2]) then
      local value = redis.call('get', session(key))
      if value then
        forget(key, value)
        ended = ended + redis.call('del', session(key))
      end
      gone[#gone + 1] = key
    end
  end
  if #gone > 0 then redis.call('zrem', KEYS[1], unpack(gone)) end
  return { #gone, ended }
`;

/** KEYS: the set of all by expiry. ARGV: now, how many. Answers how many were over. */
const sweep = `${names}
  local over = redis.call('zrangebyscore', all, '-inf', ARGV[1], 'limit', 0, ARGV[2])
  for _, key in ipairs(over) do
    local value = redis.call('get', session(key))
    if value then forget(key, value) end
    redis.call('del', session(key))
    redis.call('zrem', all, key)
    redis.call('zrem', seen, key)
  end
  return #over
`;

export const sessions = { insert, touch, change, remove, removeOfUser, sweep };

/**
 * For rate-limiter-flexible. KEYS: the counter. ARGV: points (negative gives back), seconds, capacity.
 * A refused attempt is answered as one over and changes nothing. Answers the count and the rest in milliseconds.
 */
export const count = `
  local full = KEYS[1]:match('^(.-})') .. ':full'
  local before = redis.call('get', KEYS[1])
  local points, capacity = tonumber(ARGV[1]), tonumber(ARGV[3])
  if not before and points < 0 then return { 0, 0 } end
  local wanted = math.min(tonumber(before or '0'), capacity) + points
  local after = math.max(math.min(wanted, capacity), 0)
  local rest = redis.call('pttl', KEYS[1])
  if rest < 0 then rest = ARGV[2] * 1000 end
  redis.call('set', KEYS[1], after, 'px', rest)
  if after >= capacity then
    local time = redis.call('time')
    redis.call('zadd', full, time[1] * 1000 + math.floor(time[2] / 1000) + rest, KEYS[1])
    if redis.call('pttl', full) < rest then redis.call('pexpire', full, rest) end
  else
    redis.call('zrem', full, KEYS[1])
  end
  return { math.min(wanted, capacity + 1), rest }
`;

/** KEYS: the counter */
export const clear = `
  redis.call('zrem', KEYS[1]:match('^(.-})') .. ':full', KEYS[1])
  return redis.call('del', KEYS[1])
`;

/** KEYS: the set of full counters. Answers key, points and rest of each, one after the other. */
export const full = `
  local time = redis.call('time')
  redis.call('zremrangebyscore', KEYS[1], '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
  local answer = {}
  for _, key in ipairs(redis.call('zrange', KEYS[1], 0, 999)) do
    local points, rest = redis.call('get', key), redis.call('pttl', key)
    if points and rest > 0 then
      answer[#answer + 1] = key
      answer[#answer + 1] = points
      answer[#answer + 1] = rest
    end
  end
  return answer
`;
