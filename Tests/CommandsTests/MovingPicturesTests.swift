import Commands
import Imaging
import Testing

@Suite("Films and contact sheets") struct MovingPicturesTests {
  private func moving(
    _ names: Int, _ steps: Int, side: Int = 20, still: Int? = nil, filmed: [Int]? = nil
  ) -> MovingPictures {
    MovingPictures(
      (0..<names).map { "n\($0)" }, labels: (0..<steps).map { "t = \($0)" }, still: still,
      filmed: filmed
    ) { name, step in
      Image(width: side, height: side, filledWith: RGB(UInt8(name * 40), UInt8(step % 256), 200))
    }
  }

  /// The colours of the pictures at the middle of a row of cells.
  private func colours(_ image: Image) -> Set<RGB> {
    Set((0..<image.width).map { image[$0, image.height / 2] }).subtracting([.white, .black])
  }

  @Test("the film has all steps, and all names side by side")
  func film() {
    let film = moving(2, 12).film
    #expect(film.frames.count == 12 && film.still == 11 && film.plays == 0)
    for (step, frame) in film.frames.enumerated() {
      let expected = Set([RGB(0, UInt8(step), 200), RGB(40, UInt8(step), 200)])
      #expect(colours(frame.image) == expected)
      #expect(frame.milliseconds == (step == 11 ? 1500 : 500))
    }
  }

  @Test("a long film keeps both ends and the step that stands for it")
  func long() {
    let film = moving(3, 1000, still: 333, filmed: [1]).film
    #expect(film.frames.count == 61 && film.frames[0].milliseconds == 100)
    #expect(colours(film.frames[0].image) == [RGB(40, 0, 200)])
    #expect(colours(film.frames[film.still].image) == [RGB(40, 77, 200)])
  }

  @Test("of large pictures a film has fewer, made smaller")
  func large() {
    let film = moving(4, 60, side: 640).film
    #expect(film.frames.count < 40 && film.frames[0].image.width < 4 * 170)
  }

  @Test("the sheet has a row for each name and eight steps at most")
  func sheet() {
    let (few, many) = (moving(3, 2).sheet, moving(3, 100).sheet)
    #expect(few.height == many.height && many.width > 3 * few.width)
    let row = many.height / 2
    let steps = Set((0..<many.width).map { many[$0, row] }).subtracting([.white, .black])
    #expect(steps.count == 8 && steps.contains(RGB(40, 0, 200)) && steps.contains(RGB(40, 99, 200)))
  }
}
