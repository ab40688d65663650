import Pages
import Records
import Testing

@Suite("Symbols in the program's own words") struct SymbolsInWordsTests {
  @Test(
    "are set as formulas",
    arguments: [
      ("weight of x̂₀ in the mean", ["x̂_0"]), ("ᾱ_t", ["ᾱ_t"]), ("timestep t", ["t"]),
      ("value, in units of √(1 − ᾱ_t)", ["√{1 − ᾱ_t}"]), ("without 1/√d", ["√d"]),
      ("why σ² may be β or β̃", ["σ^2", "β", "β̃"]), ("signal, ᾱ_{t−1}.", ["ᾱ_{t−1}"]),
      ("downsampling factor f", ["f"]), ("noise times σₜ", ["σ_t"]),
    ])
  func found(_ text: String, _ expected: [String]) {
    let symbols = SymbolsInWords.parts(of: text).compactMap { part -> String? in
      if case .symbol(let notation) = part { notation } else { nil }
    }
    #expect(symbols == expected)
  }

  @Test(
    "are no parts of words, numbers and names of files",
    arguments: [
      "conv_in", "x_t-0500.png", "a boat", "don't", "U-Net", "4 x 4", "22 s", "scaling_factor",
      "L_rec", "Gauß", "naïve", "2 M steps", "ODE", "z_t.csv",
    ])
  func leftAlone(_ text: String) {
    #expect(SymbolsInWords.parts(of: text) == [.text(text)])
  }

  @Test("what comes from outside is not read")
  func outside() throws {
    let prompt = "z_t"
    let page = Page("demo", question: "x_t and \(prompt)") {}
    let html = try page.html(
      command: CommandLineText(executable: "demo", arguments: []), provenance: .analytic)
    #expect(html.contains("<msub><mi>x</mi><mi>t</mi></msub></math> and z_t<"))
  }
}
