import Pages
import TestSupport
import Testing

@Suite("Numbers for people") struct NumberFormatTests {
  @Test(
    "four significant digits, a true minus, powers of ten outside 10⁻⁴ … 10⁶",
    arguments: [
      (0, "0"), (-0.0, "0"), (1, "1"), (-3, "−3"), (999_999, "999999"), (0.5, "0.5000"),
      (3.14159, "3.142"), (-27.6333, "−27.63"), (0.00012345, "0.0001234"),
      (0.000099, "9.900\u{202F}×\u{202F}10⁻⁵"), (1_000_000, "1.000\u{202F}×\u{202F}10⁶"),
      (-2.5e-10, "−2.500\u{202F}×\u{202F}10⁻¹⁰"), (.nan, "NaN"), (.infinity, "∞"),
      (-.infinity, "−∞"),
    ] as [(Double, String)])
  func automatic(_ value: Double, _ text: String) {
    #expect(NumberFormat.automatic.text(value) == text)
  }

  @Test("the other formats")
  func others() {
    #expect(NumberFormat.integer.text(-0.4) == "0")
    #expect(NumberFormat.decimals(2).text(-1.005) == "−1.00")
    #expect(NumberFormat.percent(1).text(0.1234) == "12.3\u{202F}%")
    #expect(NumberFormat.scientific(3).text(0) == "0")
  }

  @Test("a page's script writes numbers as Swift does, and reads what Swift packed")
  func inBrowser() throws {
    let values = [0, 1, -3, 0.5, 3.14159, -27.6333, 0.000125, 0.000099, 1e6, -2.5e-10, 12345.678]
    try DemoPage.inBrowser { page in
      for value in values {
        let written: String = try page.evaluate("numeral(\(value))")
        #expect(written == NumberFormat.automatic.text(value))
      }
      let floats = Packed.text([Float(-1.5), 0, 2.25])
      #expect(try page.evaluate("floatsOf('\(floats)').join()") == "-1.5,0,2.25")
      #expect(try page.evaluate("bytesOf('\(Packed.text([UInt8(7), 255]))').join()") == "7,255")
    }
  }
}
