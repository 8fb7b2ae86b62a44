-- What Quarto does to its Markdown, for pandoc alone: hidden content, callouts, tabsets, figures and tables with
-- numbers, references to them, links between pages. How each looks is in html.lua and typst.lua.

local kind_of_output = FORMAT:match("^html") and "html" or FORMAT
local out = dofile(pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), kind_of_output .. ".lua" }))

local CALLOUTS = { note = "Note", tip = "Tip", warning = "Warning", caution = "Caution", important = "Important" }
local function say(name, english)
  local said = PANDOC_WRITER_OPTIONS.variables["word-" .. name]
  return said and tostring(said) or english
end

local KINDS = { fig = say("fig", "Figure"), tbl = say("tbl", "Table") }
local NBSP = "\u{a0}"

local numbers = {}
local counts = { fig = 0, tbl = 0 }
local tabsets = 0
local has_h1 = false

local function is_ours(format)
  return out.formats:find_if(function(ours) return format:match("^" .. ours) end) ~= nil
end

local function is_hidden(div)
  local when, unless = div.attributes["when-format"], div.attributes["unless-format"]
  local matches = (not when or is_ours(when)) and not (unless and is_ours(unless))
  -- Paper shows what the page shows: what is hidden there is hidden here.
  if div.classes:includes("content-hidden") then return matches or (when and when:match("^html") ~= nil) end
  return div.classes:includes("content-visible") and not matches
end

local function build_number(identifier)
  local kind = identifier:match("^(%a+)-")
  if not KINDS[kind] then return nil end
  counts[kind] = counts[kind] + 1
  numbers[identifier] = KINDS[kind] .. NBSP .. counts[kind]
  return numbers[identifier]
end

-- "Figure 1: caption", or whichever half there is.
local function build_caption(number, inlines)
  local caption = pandoc.Inlines({})
  if number then caption:insert(pandoc.Str(number .. (#inlines > 0 and ":" or ""))) end
  if number and #inlines > 0 then caption:insert(pandoc.Space()) end
  caption:extend(inlines)
  return caption
end

-- A float's caption is its .float-caption; in a div written by hand it is the last paragraph.
local function take_caption(div)
  local content, last = div.content, div.content[#div.content]
  if last and last.t == "Div" and last.classes:includes("float-caption") then
    content:remove(#content)
    return pandoc.utils.blocks_to_inlines(last.content)
  end
  if #content > 1 and last.t == "Para" and not div.classes:includes("float") then
    content:remove(#content)
    return last.content
  end
  return pandoc.Inlines({})
end

local function render_float(div)
  local caption = take_caption(div)
  local kind = div.identifier:match("^(%a+)-")
  if not KINDS[kind] then kind = #div.content == 1 and div.content[1].t == "Table" and "tbl" or "fig" end
  return out.build_float(kind, div.identifier, build_caption(build_number(div.identifier), caption), div.content)
end

local function render_callout(div, kind)
  local title = pandoc.Inlines({ pandoc.Str(CALLOUTS[kind]) })
  local first = div.content[1]
  if div.attributes.title then
    title = pandoc.utils.blocks_to_inlines(pandoc.read(div.attributes.title, "markdown").blocks)
  elseif first and first.t == "Header" then
    title = first.content
    div.content:remove(1)
  end
  return out.build_callout(kind, title, div.content, div.attributes.collapse)
end

-- Split a tabset at its first heading's level.
local function split_tabs(div)
  local tabs, level = {}, nil
  for _, block in ipairs(div.content) do
    if block.t == "Header" and (level == nil or block.level == level) then
      level = block.level
      table.insert(tabs, { title = block.content, content = pandoc.Blocks({}) })
    elseif #tabs > 0 then
      tabs[#tabs].content:insert(block)
    end
  end
  return tabs
end

local function render_tabset(div)
  local tabs = split_tabs(div)
  if #tabs == 0 then return nil end
  tabsets = tabsets + 1
  return out.build_tabset(tabs, tabsets)
end

local function render_captioned(div)
  if KINDS[div.identifier:match("^(%a+)-") or ""] or div.classes:includes("float") then return render_float(div) end
end

local function render_panel(div)
  if div.classes:includes("panel-tabset") then return render_tabset(div) end
  -- `stacked`: what stands side by side on a wide page, and below each other on paper, where tables want its width
  local is_pair = div.classes:includes("grid2") and not div.classes:includes("stacked")
  if is_pair and out.build_pair then return out.build_pair(div) end
  for kind in pairs(CALLOUTS) do
    if div.classes:includes("callout-" .. kind) then return render_callout(div, kind) end
  end
end

local function render_figure(figure)
  local caption = pandoc.utils.blocks_to_inlines(figure.caption.long)
  return out.build_float("fig", figure.identifier, build_caption(build_number(figure.identifier), caption), figure.content)
end

-- A table's own caption may end in its label: `: Moves {#tbl-moves}`.
local function render_table(tbl)
  local caption = pandoc.utils.blocks_to_inlines(tbl.caption.long)
  local number = build_number(tbl.identifier)
  if not number and #caption == 0 then return nil end
  local identifier = tbl.identifier
  tbl.identifier, tbl.caption = "", { long = {} }
  return out.build_float("tbl", identifier, build_caption(number, caption), { tbl })
end

local function build_reference(citation)
  local number = numbers[citation.id]
  if not number then return pandoc.Strong({ pandoc.Str("?@" .. citation.id) }) end
  if citation.mode == "SuppressAuthor" then number = number:match(NBSP .. "(%d+)$") end
  return out.build_reference(number, citation.id)
end

local function render_cite(cite)
  local inlines = pandoc.Inlines({})
  for i, citation in ipairs(cite.citations) do
    if not KINDS[citation.id:match("^(%a+)-") or ""] then return cite.content end
    if i > 1 then inlines:extend({ pandoc.Str(","), pandoc.Space() }) end
    inlines:extend(citation.prefix)
    if #citation.prefix > 0 then inlines:insert(pandoc.Space()) end
    inlines:insert(build_reference(citation))
    inlines:extend(citation.suffix)
  end
  return inlines
end

return {
  { Div = function(div) if is_hidden(div) then return {} end end, RawBlock = out.read_raw },
  -- From the top down, so that the numbers follow the page.
  { traverse = "topdown", Div = render_captioned, Figure = render_figure, Table = render_table },
  { Div = render_panel },
  {
    Cite = render_cite,
    Link = out.build_link,
    Image = out.build_image,
    Span = out.build_span,
    Header = function(header) has_h1 = has_h1 or header.level == 1 end,
  },
  {
    Div = out.build_div,
    Table = function(tbl) return out.build_table(tbl, KINDS.tbl) end,
    Header = function(header) header.level = header.level + out.find_shift(has_h1) return header end,
  },
}
