-- What a page of the site is made of, as Typst for paper; page.typ says how each looks.

local out = { formats = pandoc.List({ "typst", "pdf" }) }

local MARKS = { cost = true, bad = true, good = true, look = true, small = true }
local BLOCKS = { answer = true, advice = true, small = true }
local ALIGNS = { AlignLeft = "left", AlignRight = "right", AlignCenter = "center", AlignDefault = "left" }

local function raw(text)
  return pandoc.RawBlock("typst", text)
end

local function inline(text)
  return pandoc.RawInline("typst", text)
end

local function quote(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"') .. '"'
end

-- A label that Typst can read; every other identifier is left out, and nothing links to it.
local function build_label(identifier)
  return identifier:match("^[%a_][%w_-]*$") and (" <" .. identifier .. ">") or ""
end

-- `#name(arguments, title: [inlines])[` in one line.
local function open(call, name, inlines)
  local head = pandoc.Inlines({ inline("#" .. call) })
  if #inlines > 0 then
    head:insert(inline(", " .. name .. ": ["))
    head:extend(inlines)
    head:insert(inline("]"))
  end
  head:insert(inline(")["))
  return pandoc.Plain(head)
end

function out.build_float(kind, identifier, caption, content)
  local blocks = pandoc.Blocks({ open("float(" .. quote(kind), "caption", caption) })
  blocks:extend(content)
  blocks:insert(raw("]" .. build_label(identifier)))
  return blocks
end

-- Paper has nothing to open: a callout that is closed on the page is open here.
function out.build_callout(kind, title, content)
  local blocks = pandoc.Blocks({ open("callout(" .. quote(kind), "title", title) })
  blocks:extend(content)
  blocks:insert(raw("]"))
  return blocks
end

-- Nor has it tabs: each follows the other under its title.
function out.build_tabset(tabs)
  local blocks = pandoc.Blocks({})
  for _, tab in ipairs(tabs) do
    blocks:insert(pandoc.Para({ pandoc.Strong(tab.title) }))
    blocks:extend(tab.content)
  end
  return blocks
end

-- What is in a cell, as inlines; the writer takes seconds if it is called for each cell of a long table.
local function read_cell(cell)
  local first = cell.contents[1]
  if #cell.contents == 0 then return pandoc.Inlines({}) end
  if #cell.contents == 1 and (first.t == "Plain" or first.t == "Para") then return first.content end
  return pandoc.Inlines({ inline(pandoc.write(pandoc.Pandoc(cell.contents), "typst")) })
end

local function open_cell(cell)
  local given = pandoc.List({})
  if cell.col_span > 1 then given:insert("colspan: " .. cell.col_span) end
  if cell.row_span > 1 then given:insert("rowspan: " .. cell.row_span) end
  if cell.alignment ~= "AlignDefault" then given:insert("align: " .. ALIGNS[cell.alignment]) end
  return #given > 0 and ("table.cell(" .. table.concat(given, ", ") .. ")[") or "["
end

local function add_row(inlines, row, is_head)
  for _, cell in ipairs(row.cells) do
    inlines:insert(inline(open_cell(cell) .. (is_head and "#head[" or "")))
    inlines:extend(read_cell(cell))
    inlines:insert(inline((is_head and "]" or "") .. "], "))
  end
end

local function add_rows(inlines, rows)
  for _, row in ipairs(rows) do
    inlines:insert(inline("\n  "))
    add_row(inlines, row, false)
  end
end

function out.build_table(tbl)
  local aligns = tbl.colspecs:map(function(spec) return ALIGNS[spec[1]] end)
  local inlines = pandoc.Inlines({ inline("#data-table((" .. table.concat(aligns, ", ") .. ",),\n  table.header(") })
  for _, row in ipairs(tbl.head.rows) do add_row(inlines, row, true) end
  inlines:insert(inline("),"))
  for _, body in ipairs(tbl.bodies) do
    add_rows(inlines, body.head)
    add_rows(inlines, body.body)
  end
  add_rows(inlines, tbl.foot.rows)
  inlines:insert(inline("\n)"))
  return pandoc.Plain(inlines)
end

-- A number stands for what was numbered, so it is there to be linked to.
function out.build_reference(number, identifier)
  if build_label(identifier) == "" then return pandoc.Str(number) end
  return pandoc.Span({ inline("#link(label(" .. quote(identifier) .. "))["), pandoc.Str(number), inline("];") })
end

-- Other pages of the site, and places on them, are not in this file.
function out.build_link(link)
  if link.target:match("^https?:") or link.target:match("^mailto:") then return end
  return link.content
end

function out.build_image(image)
  local alt = image.attributes["fig-alt"] or pandoc.utils.stringify(image.caption)
  return inline("#picture(" .. quote(image.src) .. ", " .. quote(alt) .. ");")
end

-- Colours and sizes of words; the semicolon ends the call, whatever follows.
function out.build_span(span)
  local mark = span.classes:find_if(function(class) return MARKS[class] end)
  if not mark then return span.content end
  local content = pandoc.Inlines({ inline("#mark(" .. quote(mark) .. ")[") })
  content:extend(span.content)
  content:insert(inline("];"))
  return content
end

-- Divs side by side: a cell for each.
function out.build_pair(div)
  local blocks = pandoc.Blocks({ raw("#pair[") })
  for i, block in ipairs(div.content) do
    if i > 1 then blocks:insert(raw("][")) end
    blocks:insert(block)
  end
  blocks:insert(raw("]"))
  return blocks
end

function out.build_div(div)
  local kind = div.classes:find_if(function(class) return BLOCKS[class] end)
  if not kind then return div.content end
  local blocks = pandoc.Blocks({ raw("#" .. kind .. "[") })
  blocks:extend(div.content)
  blocks:insert(raw("]"))
  return blocks
end

-- What a notebook shows as HTML, a data frame for one, is read; what is not text in it has no place on paper.
function out.read_raw(block)
  if block.format:match("^html") then return pandoc.read(block.text, "html").blocks end
end

-- The title is not a heading of the text, so the first ones are those of level one.
function out.find_shift(has_h1)
  return has_h1 and 0 or -1
end

return out
