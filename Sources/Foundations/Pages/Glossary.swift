import Diagnostics
import Foundation

/// The terms of the field that the pages use, each with one sentence and the papers' symbol.
///
/// A page explains the terms that it uses; the tour explains all.
public enum Glossary {
  /// One term.
  public struct Term: Sendable {
    /// As the glossary lists it.
    public let name: String
    /// How else it is written; "s" at the end is understood.
    let forms: [String]
    let symbol: Math?
    let sentence: Prose

    init(_ name: String, _ symbol: Math? = nil, or forms: [String] = [], is sentence: Prose) {
      (self.name, self.symbol, self.forms, self.sentence) = (name, symbol, forms, sentence)
    }
  }

  /// The terms that a page uses, by one of their names or by their symbol, in the order of the
  /// alphabet.
  /// - Parameter markup: of the page.
  static func terms(in markup: String) -> [Term] {
    let text = " " + normalized(words(of: markup)) + " "
    return terms.filter { term in
      let isNamed = ([term.name] + term.forms).contains { form in
        let form = normalized(form)
        return text.holds(" \(form) ") || text.holds(" \(form)s ")
      }
      return isNamed || term.symbol.map { isShown($0, in: markup) } ?? false
    }
  }

  /// Whether a symbol stands in a page; a bare letter may mean something else there.
  private static func isShown(_ symbol: Math, in markup: String) -> Bool {
    var rendering = Rendering()
    let symbol = symbol.html(&rendering).text.dropFirst("<math>".count).dropLast("</math>".count)
    return symbol.hasPrefix("<msub") && markup.holds(String(symbol))
  }

  /// What stands between the tags, styles aside.
  private static func words(of markup: String) -> String {
    var bytes: [UInt8] = []
    for (index, part) in markup.components(separatedBy: "<style>").enumerated() {
      let shown = index == 0 ? part : part.components(separatedBy: "</style>").last ?? ""
      var isTag = false
      for byte in shown.utf8 {
        switch byte {
        case UInt8(ascii: "<"): isTag = true
        case UInt8(ascii: ">"):
          isTag = false
          bytes.append(UInt8(ascii: " "))
        default: if !isTag { bytes.append(byte) }
        }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Small letters and digits with one space between words: "U-Net" as "u net".
  private static func normalized(_ text: String) -> String {
    text.lowercased().split { !$0.isLetter && !$0.isNumber }.joined(separator: " ")
  }

  /// A folded list; nothing where there is no term.
  static func html(_ terms: [Term], _ rendering: inout Rendering) -> HTML {
    guard !terms.isEmpty else { return "" }
    let items = terms.map { term -> HTML in
      let symbol: HTML = term.symbol.map { " \($0.html(&rendering))" } ?? ""
      return "<dt>\(term.name)\(symbol)</dt><dd>\(term.sentence.html(&rendering))</dd>"
    }
    return """
      <details class="glossary"><summary>Glossary: \(terms.count) terms</summary>\
      <dl id="glossary">\(items)</dl></details>

      """
  }
}
