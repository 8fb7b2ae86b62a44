-- Turns pages of Markdown into another format, many in one run: most of what pandoc takes for a page it takes to begin.
-- Reads {to, template, pages = {{text, variables, metadata}, ...}} and writes {{text} or {fault}, ...}, both as JSON.

local folder = pandoc.path.directory(PANDOC_SCRIPT_FILE or arg[0])
local filter = pandoc.path.join({ folder, "quarto.lua" })

local function convert(page, to, template)
  local options = pandoc.WriterOptions({
    html_math_method = "mathml",
    section_divs = true,
    template = template,
    variables = page.variables,
    wrap_text = "none",
  })
  -- What the filter asks, as where pandoc itself runs it.
  FORMAT, PANDOC_WRITER_OPTIONS, PANDOC_SCRIPT_FILE = to, options, filter
  local document = pandoc.read(page.text, "markdown", { standalone = true })
  for name, text in pairs(page.metadata) do document.meta[name] = text end
  return pandoc.write(pandoc.utils.run_lua_filter(document, filter), to, options)
end

local asked = pandoc.json.decode(io.stdin:read("a"), false)
local path = pandoc.path.join({ folder, asked.template })
local file <close> = io.open(path)
local template = pandoc.template.compile(file:read("a"), path)
local done = {}
for i, page in ipairs(asked.pages) do
  local is_good, said = pcall(convert, page, asked.to, template)
  done[i] = is_good and { text = said } or { fault = tostring(said) }
end
io.stdout:write(pandoc.json.encode(done))
