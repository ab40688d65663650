import Foundation
import Pages
import Records
import TestSupport
import Testing
import VAECompression

@Suite("The page of vae-compression, in a browser") struct VAECompressionPageTests {
  /// One run serves all tests: the text of its files by their names.
  private static let run = Result {
    var files: [String: String] = [:]
    try withTemporaryFolder { parent in
      let models = try [Examples.model(.kl, factor: 4), Examples.model(.vq, factor: 8)]
      let paths = try models.map { try Examples.write($0, to: parent) }
      let folder = parent.appendingPathComponent("out")
      try VAECompressionCommand.run(
        ["--image", Examples.scene, "--factors", "1", "--output", folder.path, "--models"] + paths)
      for name in ["index.html", "compression.csv", "latent-scale.csv", "walk.csv"] {
        files[name] = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      }
    }
    return files
  }

  private func withPage(
    _ body: (BrowserPage, CSVTable, (String) throws -> CSVTable) throws -> Void
  ) throws {
    let files = try Self.run.get()
    func table(_ name: String) throws -> CSVTable {
      let text = try #require(files[name])
      return try #require(CSVTable(text: text))
    }
    let compression = try table("compression.csv")
    try withTemporaryFolder { folder in
      let path = folder.appendingPathComponent("index.html")
      try #require(files["index.html"]).write(to: path, atomically: true, encoding: .utf8)
      try withBrowserPage(path.path) { page in
        try page.waitUntil("document.querySelector('.custom').dataset.ready")
        try body(page, compression, table)
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
      [...document.querySelector('.crops').querySelectorAll('figure')].slice(1).map(figure => ({
        name: figure.dataset.name, whole: figure.querySelector('.whole').textContent,
        here: Number(figure.querySelector('.here').dataset.psnr),
      }))
      """)
  }

  @Test("the loupe tells the PSNR of the table, and over the whole picture computes it itself")
  func wholePicture() throws {
    try withPage { page, table, _ in
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
    try withPage { page, _, _ in
      func place() throws -> [Int] {
        try page.evaluate(
          "['x', 'y'].map(key => Number(document.querySelector('.under-lens').dataset[key]))")
      }
      try page.point(at: ".under-lens canvas", x: 0.25, y: 0.75)
      #expect(try place() == [16, 80])
      let before = try crops(page).map(\.here)
      try page.point(at: ".under-lens canvas", x: 0.9, y: 0.1)
      #expect(try place() == [96, 0])
      #expect(try crops(page).map(\.here) != before)
      try page.run("document.querySelector('.under-lens').focus()")
      try page.press("ArrowLeft", times: 3)
      try page.press("ArrowDown")
      #expect(try place() == [93, 1])
    }
  }

  /// Moves one of the page's sliders: 0 the model, 1 the timestep, 2 the share of the walk.
  private func move(_ slider: Int, to position: Int, on page: BrowserPage) throws {
    try page.run(
      """
      const input = document.querySelectorAll('.timeline input')[\(slider)];
      input.value = \(position);
      input.dispatchEvent(new Event('input', { bubbles: true }));
      """)
  }

  /// The numbers that one of the page's lists shows now.
  private func numbers(_ list: Int, on page: BrowserPage) throws -> [Double?] {
    let texts: [String] = try page.evaluate(
      """
      [...document.querySelectorAll('table.numbers')[\(list)].querySelectorAll('td:not(.unit)')]
        .map(cell => cell.textContent.trim())
      """)
    return texts.map {
      $0 == "∞" ? .infinity : Double($0.replacingOccurrences(of: "−", with: "-"))
    }
  }

  @Test("every model's numbers are those of the table")
  func numbers() throws {
    try withPage { page, compression, _ in
      let columns = [
        "f", "value_ratio", "rate_bits_per_pixel", "psnr", "ssim", "perceptual_distance",
      ]
      for position in 0..<3 {
        try move(0, to: position, on: page)
        let shown = try numbers(0, on: page)
        for (shown, column) in zip(shown, columns) {
          let expected = try #require(compression.numbers(column))[position]
          let value = try #require(shown, "\(column) of model \(position)")
          #expect(value == expected || abs(value - expected) < 6e-3, "\(column): \(value)")
        }
        // Pixel space has no baseline: a dash.
        #expect((shown[6] == nil) == (position == 0) && (shown[7] == nil) == (position == 0))
      }
    }
  }

  @Test("the sliders of noise and walk tell what their tables hold")
  func sliders() throws {
    try withPage { page, _, table in
      try move(0, to: 1, on: page)
      let scale = try table("latent-scale.csv")
      for (position, row) in [(0, 5), (2, 7), (4, 9)] {
        try move(1, to: position, on: page)
        let shown = try numbers(1, on: page)
        for (i, column) in ["std", "scale", "snr_scaled", "snr_unscaled"].enumerated() {
          let expected = try #require(scale.numbers(column))[row]
          let value = try #require(shown[i])
          #expect(abs(value - expected) < 2e-3 * expected + 6e-6, "\(column): \(value)")
        }
      }
      let walk = try #require(try table("walk.csv").numbers("relative_edges"))
      let text: String = try page.evaluate(
        "[...document.querySelectorAll('p')].map(p => p.textContent).find(t => t.includes('Halfway, '))"
      )
      let middle = NumberFormat.percent(0).text(walk[7 + 3])
      #expect(text.contains("Halfway, kl-4 shows \(middle)"))
      let picture = "document.querySelectorAll('.pictures')[3].querySelector('img').src"
      let before: String = try page.evaluate(picture)
      try move(2, to: 6, on: page)
      #expect(try page.evaluate(picture) as String != before)
    }
  }

  @Test("the slider moves everything; a click on a reconstruction goes to its model")
  func models() throws {
    try withPage { page, table, _ in
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
