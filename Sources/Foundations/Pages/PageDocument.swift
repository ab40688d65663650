import Diagnostics
import Foundation
import Records

extension Page {
  /// The whole page as one HTML file.
  /// - Parameters:
  ///   - command: what makes the page again.
  ///   - provenance: where the numbers come from; an untrained page is stamped UNTRAINED.
  ///   - weights: what the page's chip says of the weights, where there is more to say than
  ///     `provenance` does.
  ///   - files: what the run wrote, relative to the page; tables and what is for slides are linked.
  ///   - folder: where the page will lie, for code that reads its files.
  ///   - notices: what was done otherwise than a reader may think, one line each.
  ///   - links: where the page leads.
  ///   - limit: the most bytes that the pictures may take.
  public func html(
    command: CommandLineText, provenance: Provenance, weights: String? = nil, files: [String] = [],
    folder: String = ".", notices: [String] = [], links: PageLinks = PageLinks(),
    limit: Int = Page.pictureLimit
  ) throws -> String {
    var rendering = Rendering()
    let top = header(command, chip(provenance, weights), &rendering)
    let body = sections.enumerated().map { section($1, isFirst: $0 == 0, &rendering) }
    let proof = proof(&rendering)
    // The tour explains every term, a page those that it uses.
    let used: HTML = "\(top)\(body)\(proof)"
    let terms =
      command.executable == "tour" ? Glossary.terms : Glossary.terms(in: used.text)
    let glossary = Glossary.html(terms, &rendering)
    let end = proof + next(&rendering) + glossary + footer(command, files, folder)
    let output = try rendering.output(limit: limit)
    let notes = notices.map { "<p class=\"notice\">Note: \($0).</p>\n" as HTML }
    let ways = links.top(hasGlossary: !terms.isEmpty)
    let main: HTML = """
      \(ways)\(top)<main>\(notes)\(notice(output.thinning))\(body)\(end)</main>
      \(links.bottom)
      """
    return Self.document(
      title: title, stamp: provenance == .untrained, body: main, data: output.data,
      scripts: output.scripts, styles: output.styles)
  }

  static func document(
    title: String, stamp: Bool, body: HTML, data: ScriptJSON, scripts: [String],
    styles: [String]
  ) -> String {
    // The policy lets nothing in from outside, whatever a prompt or a file name contains.
    let policy = """
      default-src 'none'; img-src data: blob:; font-src data:; style-src 'unsafe-inline'; \
      script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'
      """
    let customs = scripts.map { "(element, data, page) => {\n\($0)\n}" }.joined(separator: ",\n")
    return """
      <!DOCTYPE html>
      <html lang="en"\(stamp ? " class=\"untrained\"" : "")>
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="\(policy)">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(HTML(escaping: title).text)</title>
      <style>\(([PageAssets.style] + styles).joined(separator: "\n"))</style>
      </head>
      <body>
      \(body.text)
      <script type="application/json" id="data">\(data.text)</script>
      <script>
      "use strict";
      const customs = [\(customs)];
      \(PageAssets.numbersScript)
      \(PageAssets.pageScript)
      \(PageAssets.scaleScript)
      \(PageAssets.chartScript)
      \(PageAssets.stageScript)
      start();
      </script>
      </body>
      </html>

      """
  }

  // MARK: Parts

  private func chip(_ provenance: Provenance, _ words: String?) -> HTML {
    let usual =
      switch provenance {
      case .analytic: "analytic: formulas only, no learned weights"
      case .trained: "trained weights"
      case .untrained: "UNTRAINED: random weights, the pictures mean nothing"
      }
    return "<span class=\"chip \(provenance.rawValue)\">\(words ?? usual)</span>"
  }

  private func header(
    _ command: CommandLineText, _ chip: HTML, _ rendering: inout Rendering
  ) -> HTML {
    let number: HTML =
      number.map { "<span class=\"number\">\($0 < 10 ? "0" : "")\($0)</span>" } ?? ""
    return """
      <header><p class="place">\(number)\(chip)</p>
      <h1>\(title)</h1><p class="question">\(question.html(&rendering))</p>
      \(Self.html(command))\(Self.place(of: command))</header>
      """
  }

  /// The inspector's place in the whole, for those that have one.
  private static func place(of command: CommandLineText) -> HTML {
    guard PipelineMap.shows(command.executable) else { return "" }
    return """
      <details class="where"><summary>Where this is in the pipeline</summary>\
      \(PipelineMap(here: command.executable).markup)</details>
      """
  }

  static func html(_ command: CommandLineText) -> HTML {
    """
    <div class="command"><code data-name="Command">\(command.text)</code>\
    <button type="button" class="copy" data-copy="\(command.text)">Copy</button></div>
    """
  }

  private func notice(_ thinning: Int) -> HTML {
    guard thinning > 1 else { return "" }
    return """
      <p class="notice">To stay small this page holds one picture in \(thinning); a picture that \
      stands in for another step says so. All of them are in <code>images/</code>.</p>
      """
  }

  private func section(_ section: Section, isFirst: Bool, _ rendering: inout Rendering) -> HTML {
    let heading: HTML = section.title.map { "<h2>\(Prose(words: $0).html(&rendering))</h2>" } ?? ""
    let panels = section.panels.map { $0.html(&rendering) }
    let name: HTML = isFirst ? " class=\"instrument\"" : ""
    return "<section\(name)>\(heading)\(panels)</section>\n"
  }

  /// What must be so, and apart from it what was found to be so.
  private func proof(_ rendering: inout Rendering) -> HTML {
    claims(
      .identity, id: "proof", heading: "Is it true?", columns: ("identity", "bound"),
      verdicts: ("✓ holds", "✗ does not hold"), &rendering)
      + claims(
        .finding, id: "findings", heading: "What this run found",
        columns: ("finding", "expected"), verdicts: ("✓ as expected", "✗ not here"), &rendering)
  }

  private func claims(
    _ kind: Residual.Kind, id: HTML, heading: HTML, columns: (what: HTML, bound: HTML),
    verdicts: (holds: HTML, fails: HTML), _ rendering: inout Rendering
  ) -> HTML {
    let residuals = residuals.filter { $0.kind == kind }
    guard !residuals.isEmpty else { return "" }
    let format = NumberFormat.scientific(2)
    let rows = residuals.map { residual -> HTML in
      let verdict: HTML =
        residual.holds
        ? "<td class=\"holds\">\(verdicts.holds)</td>"
        : "<td class=\"fails\">\(verdicts.fails)</td>"
      return """
        <tr><th scope="row">\(residual.identity.html(&rendering))</th>\
        <td class="number">\(format.text(residual.measured))</td>\
        <td class="number">≤ \(format.text(residual.bound))</td>\(verdict)</tr>
        """
    }
    return """
      <section id="\(id)"><h2>\(heading)</h2><div class="scroll"><table class="data claims"><thead>\
      <tr><th scope="col">\(columns.what)</th><th scope="col" class="number">measured in this run</th>\
      <th scope="col" class="number">\(columns.bound)</th><th scope="col">verdict</th></tr></thead>\
      <tbody>\(rows)</tbody></table></div></section>

      """
  }

  private func next(_ rendering: inout Rendering) -> HTML {
    guard !suggestions.isEmpty else { return "" }
    let items = suggestions.map {
      "<li><p>\($0.reason.html(&rendering))</p>\(Self.html($0.command))</li>" as HTML
    }
    return "<section id=\"next\"><h2>What to try next</h2><ul>\(items)</ul></section>\n"
  }

  private func footer(_ command: CommandLineText, _ files: [String], _ folder: String) -> HTML {
    func list(_ heading: HTML, _ names: [String]) -> HTML {
      let links = names.map { "<li><a href=\"\(Self.link($0))\">\($0)</a></li>" as HTML }
      return names.isEmpty ? "" : "<h2>\(heading)</h2><ul class=\"files\">\(links)</ul>"
    }
    let tables = list("The numbers behind this page", files.filter { $0.hasSuffix(".csv") })
    let slides = list(
      "For your slides", files.filter { ["film.png", "contact-sheet.png"].contains($0) })
    return """
      <footer>\(tables)\(PythonCode(reading: files, in: folder).html)\(slides)\
      <h2>Make this page again</h2>\(Self.html(command))</footer>
      """
  }

  /// A relative path as a link.
  static func link(_ path: String) -> String {
    path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? ""
  }
}
