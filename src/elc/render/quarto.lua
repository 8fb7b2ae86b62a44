-- What Quarto does to its Markdown, for pandoc alone: hidden content, callouts, tabsets, figures and tables with
-- numbers, references to them, links between pages.

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
local body_has_h1 = false

local function raw(text)
  return pandoc.RawBlock("html", text)
end

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"):gsub('"', "&quot;"))
end

local function is_hidden(div)
  local when, unless = div.attributes["when-format"], div.attributes["unless-format"]
  local matches = (not when or when:match("^html")) and not (unless and unless:match("^html"))
  if div.classes:includes("content-hidden") then return matches end
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

local function build_float(kind, identifier, caption, content)
  local id = identifier ~= "" and (' id="' .. escape(identifier) .. '"') or ""
  local open = raw('<figure class="quarto-float quarto-float-' .. kind .. ' figure"' .. id .. ">")
  local blocks = pandoc.Blocks({ open })
  local figcaption = #caption > 0 and { raw("<figcaption>"), pandoc.Plain(caption), raw("</figcaption>") } or {}
  if kind == "tbl" then blocks:extend(figcaption) end
  blocks:extend(content)
  if kind ~= "tbl" then blocks:extend(figcaption) end
  blocks:insert(raw("</figure>"))
  return blocks
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
  return build_float(kind, div.identifier, build_caption(build_number(div.identifier), caption), div.content)
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
  local class = 'class="callout callout-' .. kind .. '"'
  local collapse = div.attributes.collapse
  local blocks = pandoc.Blocks({})
  if collapse then
    blocks:insert(raw("<details " .. class .. (collapse == "false" and " open" or "") .. '><summary class="callout-title">'))
  else
    blocks:insert(raw('<div role="note" ' .. class .. '><p class="callout-title">'))
  end
  blocks:insert(pandoc.Plain(title))
  blocks:insert(raw(collapse and "</summary>" or "</p>"))
  blocks:insert(pandoc.Div(div.content, pandoc.Attr("", { "callout-body" })))
  blocks:insert(raw(collapse and "</details>" or "</div>"))
  return blocks
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

-- Tabs are radio buttons that the style sheet shows as tabs: no script, and arrow keys work.
local function render_tabset(div)
  local tabs = split_tabs(div)
  if #tabs == 0 then return nil end
  tabsets = tabsets + 1
  local name = "tabset-" .. tabsets
  local blocks = pandoc.Blocks({ raw('<div class="panel-tabset" role="group">') })
  for i, tab in ipairs(tabs) do
    local id = name .. "-" .. i
    local checked = i == 1 and " checked" or ""
    blocks:insert(raw('<input type="radio" class="tab-choice" name="' .. name .. '" id="' .. id .. '"' .. checked .. ">"))
    blocks:insert(raw('<label class="nav-link" for="' .. id .. '">'))
    blocks:insert(pandoc.Plain(tab.title))
    blocks:insert(raw("</label>"))
  end
  blocks:insert(raw('<div class="tab-content">'))
  for _, tab in ipairs(tabs) do
    blocks:insert(raw('<div class="tab-pane"><p class="tab-title">'))
    blocks:insert(pandoc.Plain(tab.title))
    blocks:insert(raw("</p>"))
    blocks:extend(tab.content)
    blocks:insert(raw("</div>"))
  end
  blocks:insert(raw("</div></div>"))
  return blocks
end

local function render_captioned(div)
  if KINDS[div.identifier:match("^(%a+)-") or ""] or div.classes:includes("float") then return render_float(div) end
end

local function render_panel(div)
  if div.classes:includes("panel-tabset") then return render_tabset(div) end
  for kind in pairs(CALLOUTS) do
    if div.classes:includes("callout-" .. kind) then return render_callout(div, kind) end
  end
end

local function render_figure(figure)
  local caption = pandoc.utils.blocks_to_inlines(figure.caption.long)
  return build_float("fig", figure.identifier, build_caption(build_number(figure.identifier), caption), figure.content)
end

-- A table's own caption may end in its label: `: Moves {#tbl-moves}`.
local function render_table(tbl)
  local caption = pandoc.utils.blocks_to_inlines(tbl.caption.long)
  local number = build_number(tbl.identifier)
  if not number and #caption == 0 then return nil end
  local identifier = tbl.identifier
  tbl.identifier, tbl.caption = "", { long = {} }
  return build_float("tbl", identifier, build_caption(number, caption), { tbl })
end

local function set_cell(cell, align, is_header)
  if is_header then cell.attributes.scope = "col" end
  if cell.alignment ~= "AlignDefault" then align = cell.alignment end
  cell.alignment = "AlignDefault"
  if align == "AlignRight" then cell.classes:insert("right") end
  if align == "AlignCenter" then cell.classes:insert("center") end
  return cell
end

local function set_rows(rows, aligns, is_header)
  for _, row in ipairs(rows) do
    local column = 1
    for _, cell in ipairs(row.cells) do
      set_cell(cell, aligns[column], is_header)
      column = column + cell.col_span
    end
  end
end

-- Headers get a scope, alignment becomes a class (no inline style), widths are the browser's.
local function finish_table(tbl)
  local aligns = {}
  for i, spec in ipairs(tbl.colspecs) do aligns[i] = spec[1] end
  set_rows(tbl.head.rows, aligns, true)
  for _, body in ipairs(tbl.bodies) do
    set_rows(body.head, aligns, true)
    set_rows(body.body, aligns, false)
  end
  set_rows(tbl.foot.rows, aligns, false)
  tbl.colspecs = tbl.colspecs:map(function() return { "AlignDefault", nil } end)
  return { raw('<div class="table-scroll" role="group" aria-label="' .. KINDS.tbl .. '" tabindex="0">'), tbl, raw("</div>") }
end

local function build_reference(citation)
  local number = numbers[citation.id]
  if not number then return pandoc.Strong({ pandoc.Str("?@" .. citation.id) }) end
  if citation.mode == "SuppressAuthor" then number = number:match(NBSP .. "(%d+)$") end
  return pandoc.Link({ pandoc.Str(number) }, "#" .. citation.id, "", pandoc.Attr("", { "quarto-xref" }))
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

local function render_link(link)
  if link.target:match("^%a[%w+.-]*:") then return end
  local path, rest = link.target:match("^([^?#]*)(.*)$")
  link.target = path:gsub("%.ipynb$", ".html"):gsub("%.qmd$", ".html") .. rest
  return link
end

local function render_image(image)
  image.caption = image.attributes["fig-alt"] and { pandoc.Str(image.attributes["fig-alt"]) } or image.caption
  image.attributes["fig-alt"] = nil
  return image
end

return {
  { Div = function(div) if is_hidden(div) then return {} end end },
  -- From the top down, so that the numbers follow the page.
  { traverse = "topdown", Div = render_captioned, Figure = render_figure, Table = render_table },
  { Div = render_panel },
  {
    Cite = render_cite,
    Link = render_link,
    Image = render_image,
    Table = finish_table,
    Header = function(header) body_has_h1 = body_has_h1 or header.level == 1 end,
  },
  -- The page's title is its one h1.
  { Header = function(header) if body_has_h1 then header.level = header.level + 1 end return header end },
}
