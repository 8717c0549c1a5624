-- Bodies with integers beyond 2^53 had a space before their last brace; now their columns say it: {"exact": true}.
UPDATE revision
SET body = left(body, -2) || '}', columns = (columns::jsonb || '{"exact": true}')::json
WHERE right(body, 2) = ' }';
