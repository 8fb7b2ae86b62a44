-- What a page of the site is made of, as HTML; typst.lua has the same for paper.

local out = { formats = pandoc.List({ "html" }) }

local function raw(text)
  return pandoc.RawBlock("html", text)
end

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub(">", "&gt;"):gsub('"', "&quot;"))
end

function out.build_float(kind, identifier, caption, content)
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

function out.build_callout(kind, title, content, collapse)
  local class = 'class="callout callout-' .. kind .. '"'
  local blocks = pandoc.Blocks({})
  if collapse then
    blocks:insert(raw("<details " .. class .. (collapse == "false" and " open" or "") .. '><summary class="callout-title">'))
  else
    blocks:insert(raw('<div role="note" ' .. class .. '><p class="callout-title">'))
  end
  blocks:insert(pandoc.Plain(title))
  blocks:insert(raw(collapse and "</summary>" or "</p>"))
  blocks:insert(pandoc.Div(content, pandoc.Attr("", { "callout-body" })))
  blocks:insert(raw(collapse and "</details>" or "</div>"))
  return blocks
end

-- Tabs are radio buttons that the style sheet shows as tabs: no script, and arrow keys work.
function out.build_tabset(tabs, number)
  local name = "tabset-" .. number
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
function out.build_table(tbl, word)
  local aligns = {}
  for i, spec in ipairs(tbl.colspecs) do aligns[i] = spec[1] end
  set_rows(tbl.head.rows, aligns, true)
  for _, body in ipairs(tbl.bodies) do
    set_rows(body.head, aligns, true)
    set_rows(body.body, aligns, false)
  end
  set_rows(tbl.foot.rows, aligns, false)
  tbl.colspecs = tbl.colspecs:map(function() return { "AlignDefault", nil } end)
  return { raw('<div class="table-scroll" role="group" aria-label="' .. word .. '" tabindex="0">'), tbl, raw("</div>") }
end

function out.build_reference(number, identifier)
  return pandoc.Link({ pandoc.Str(number) }, "#" .. identifier, "", pandoc.Attr("", { "quarto-xref" }))
end

function out.build_link(link)
  if link.target:match("^%a[%w+.-]*:") then return end
  local path, rest = link.target:match("^([^?#]*)(.*)$")
  link.target = path:gsub("%.ipynb$", ".html"):gsub("%.qmd$", ".html") .. rest
  return link
end

function out.build_image(image)
  image.caption = image.attributes["fig-alt"] and { pandoc.Str(image.attributes["fig-alt"]) } or image.caption
  image.attributes["fig-alt"] = nil
  return image
end

-- The page's title is its one h1.
function out.find_shift(has_h1)
  return has_h1 and 1 or 0
end

return out
