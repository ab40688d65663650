/// A small font of 5×8 pixels, so that pictures can carry stamps, tick values and captions.
///
/// It knows printable ASCII and the minus sign; other characters show as a box. The glyphs were drawn
/// for this project.
public enum BitmapFont {
  /// A character cell, with one column and two rows of space.
  public static let advance = 6
  /// From one line of text to the next, in pixels at magnification 1.
  public static let lineHeight = 10

  /// The width of a text in pixels at a whole-numbered magnification.
  public static func width(of text: String, scale: Int = 1) -> Int {
    max(text.count * advance - 1, 0) * scale
  }

  /// Eight rows of five bits, the leftmost pixel in bit 4.
  static func rows(of character: Character) -> [UInt8] {
    glyphs[character] ?? [31, 17, 17, 17, 17, 17, 31, 0]
  }

  private static let glyphs: [Character: [UInt8]] = {
    var glyphs: [Character: [UInt8]] = [:]
    for entry in table.split(separator: "\n") {
      guard let character = entry.first else { continue }
      let digits = Array(entry.dropFirst(2))
      glyphs[character] = stride(from: 0, to: digits.count, by: 2).map {
        UInt8(String(digits[$0..<$0 + 2]), radix: 16) ?? 0
      }
    }
    glyphs["−"] = glyphs["-"]
    return glyphs
  }()

  /// One character per line, then two hexadecimal digits for each row.
  private static let table = """
      0000000000000000
    ! 0404040404000400
    " 0A0A0A0000000000
    # 0A0A1F0A1F0A0A00
    $ 040F140E051E0400
    % 1819020408131300
    & 0C12140815120D00
    ' 0404080000000000
    ( 0204080808040200
    ) 0804020202040800
    * 000A041F040A0000
    + 0004041F04040000
    , 0000000000040408
    - 0000001F00000000
    . 0000000000060600
    / 0101020408101000
    0 0E11131519110E00
    1 040C040404040E00
    2 0E11010204081F00
    3 1F02040201110E00
    4 02060A121F020200
    5 1F101E0101110E00
    6 0608101E11110E00
    7 1F01020408080800
    8 0E11110E11110E00
    9 0E11110F01020C00
    : 0006060006060000
    ; 0006060006060408
    < 0204081008040200
    = 00001F001F000000
    > 0804020102040800
    ? 0E11010204000400
    @ 0E11170D150E0000
    A 0E11111F11111100
    B 1E11111E11111E00
    C 0E11101010110E00
    D 1C12111111121C00
    E 1F10101E10101F00
    F 1F10101E10101000
    G 0E11101711110F00
    H 1111111F11111100
    I 0E04040404040E00
    J 0702020202120C00
    K 1112141814121100
    L 1010101010101F00
    M 111B151511111100
    N 1119151311111100
    O 0E11111111110E00
    P 1E11111E10101000
    Q 0E11111115120D00
    R 1E11111E14121100
    S 0F10100E01011E00
    T 1F04040404040400
    U 1111111111110E00
    V 11111111110A0400
    W 11111115151B1100
    X 11110A040A111100
    Y 1111110A04040400
    Z 1F01020408101F00
    [ 0E08080808080E00
    \\ 1010080402010100
    ] 0E02020202020E00
    ^ 040A110000000000
    _ 0000000000001F00
    ` 0804020000000000
    a 00000E010F110F00
    b 1010161911111E00
    c 00000E1110110E00
    d 01010D1311110F00
    e 00000E111F100E00
    f 0609081C08080800
    g 00000F11110F010E
    h 1010161911111100
    i 04000C0404040E00
    j 020006020202120C
    k 1010121418141200
    l 0C04040404040E00
    m 00001A1515151500
    n 0000161911111100
    o 00000E1111110E00
    p 00001E11111E1010
    q 00000F11110F0101
    r 0000161910101000
    s 00000F100E011E00
    t 08081C0808090600
    u 0000111111130D00
    v 00001111110A0400
    w 0000111115150A00
    x 0000110A040A1100
    y 00001111110F010E
    z 00001F0204081F00
    { 0204040804040200
    | 0404040404040400
    } 0804040204040800
    ~ 0000081502000000
    """
}

extension Image {
  /// Draws a line of text with its top left corner at (x, y); what lies outside is cut off.
  /// - Parameters:
  ///   - text: what to draw.
  ///   - x: of the left edge, in pixels.
  ///   - y: of the upper edge, in pixels.
  ///   - color: of the ink.
  ///   - scale: pixels per font pixel.
  public mutating func draw(_ text: String, x: Int, y: Int, color: RGB, scale: Int = 1) {
    var left = x
    for character in text {
      for (row, bits) in BitmapFont.rows(of: character).enumerated() {
        for column in 0..<5 where bits >> (4 - column) & 1 == 1 {
          fill(
            x: left + column * scale, y: y + row * scale, width: scale, height: scale, with: color)
        }
      }
      left += BitmapFont.advance * scale
    }
  }

  /// Fills a rectangle, as far as it lies inside.
  public mutating func fill(x: Int, y: Int, width: Int, height: Int, with color: RGB) {
    for row in max(y, 0)..<max(min(y + height, self.height), max(y, 0)) {
      for column in max(x, 0)..<max(min(x + width, self.width), max(x, 0)) {
        self[column, row] = color
      }
    }
  }
}
