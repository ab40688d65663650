import Foundation
import TestSupport
import Testing
import Tracing
import VAECompression

@Suite("The page of vae-compression, in a browser") struct VAECompressionPageTests {
  private func withPage(
    _ body: (BrowserPage, CSVTable) throws -> Void
  ) throws {
    try withTemporaryFolder { parent in
      let models = try [Examples.model(.kl, factor: 4), Examples.model(.vq, factor: 8)]
      let paths = try models.map { try Examples.write($0, to: parent) }
      let folder = parent.appendingPathComponent("out")
      try VAECompressionCommand.run(
        ["--image", Examples.scene, "--factors", "1", "--output", folder.path, "--models"] + paths)
      let text = try String(
        contentsOf: folder.appendingPathComponent("compression.csv"), encoding: .utf8)
      let table = try #require(CSVTable(text: text))
      try withBrowserPage(folder.appendingPathComponent("index.html").path) { page in
        try page.waitUntil("document.querySelector('.custom').dataset.ready")
        try body(page, table)
        #expect(try page.problems() == [])
      }
    }
  }

  private struct Crop: Decodable {
    let name: String
    let whole: String
    let here: Double?
  }

  private func crops(_ page: BrowserPage) throws -> [Crop] {
    try page.evaluate(
      """
      [...document.querySelectorAll('.crops figure')].slice(1).map(figure => ({
        name: figure.dataset.name, whole: figure.querySelector('.whole').textContent,
        here: Number(figure.querySelector('.here').dataset.psnr),
      }))
      """)
  }

  @Test("the loupe tells the PSNR of the table, and over the whole picture computes it itself")
  func wholePicture() throws {
    try withPage { page, table in
      try page.click(".lens button:last-child")
      let names = try #require(table.texts("model"))
      let psnr = try #require(table.numbers("psnr"))
      let crops = try crops(page)
      #expect(crops.map(\.name).sorted() == names.dropFirst().sorted())
      for crop in crops {
        let expected = psnr[try #require(names.firstIndex(of: crop.name))]
        #expect(crop.whole == "whole \(NumberFormat.decimals(2).text(expected)) dB")
        let here = try #require(crop.here)
        #expect(abs(here - expected) < 1e-3, "\(crop.name)")
      }
    }
  }

  @Test("the lens follows the pointer and the arrow keys, in all reconstructions at once")
  func lens() throws {
    try withPage { page, _ in
      func place() throws -> [Int] {
        try page.evaluate(
          "['x', 'y'].map(key => Number(document.querySelector('.stage').dataset[key]))")
      }
      try page.point(at: ".stage canvas", x: 0.25, y: 0.75)
      #expect(try place() == [16, 80])
      let before = try crops(page).map(\.here)
      try page.point(at: ".stage canvas", x: 0.9, y: 0.1)
      #expect(try place() == [96, 0])
      #expect(try crops(page).map(\.here) != before)
      try page.run("document.querySelector('.stage').focus()")
      try page.press("ArrowLeft", times: 3)
      try page.press("ArrowDown")
      #expect(try place() == [93, 1])
    }
  }

  @Test("the slider moves everything; a click on a reconstruction goes to its model")
  func models() throws {
    try withPage { page, table in
      let position = "Number(document.querySelector('.timeline input').value)"
      let source = "document.querySelectorAll('.pictures img')[1].src"
      try page.press("Home")
      #expect(try page.evaluate(position) as Int == 0)
      let first: String = try page.evaluate(source)
      try page.press("ArrowRight")
      #expect(try page.evaluate(source) as String != first)
      try page.click(".crops [data-name='vq-8'] canvas")
      #expect(try page.evaluate(position) as Int == 2)
      let note: String = try page.evaluate(
        "document.querySelectorAll('.pictures .note')[0].textContent")
      let psnr = try #require(table.numbers("psnr"))[2]
      #expect(note == NumberFormat.decimals(2).text(psnr) + " dB")
    }
  }
}
