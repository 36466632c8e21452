//! Keys on their way, in little room: a person may have a million rows, and every key is here once
//! before it is written.

use mysql_async::Value;

/// Values in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Pack {
    bytes: Vec<u8>,
    values: usize,
}

impl Pack {
    pub fn len(&self) -> usize {
        self.values
    }

    pub fn push(&mut self, value: &Value) {
        self.values += 1;
        match value {
            Value::NULL => self.bytes.push(0),
            Value::Int(number) => {
                self.bytes.push(1);
                // Small numbers below nought stay small.
                self.number((number << 1 ^ number >> 63).cast_unsigned());
            }
            Value::UInt(number) => {
                self.bytes.push(2);
                self.number(*number);
            }
            Value::Bytes(bytes) => {
                self.bytes.push(3);
                self.number(bytes.len() as u64);
                self.bytes.extend(bytes);
            }
            Value::Float(number) => {
                self.bytes.push(4);
                self.bytes.extend(number.to_le_bytes());
            }
            Value::Double(number) => {
                self.bytes.push(5);
                self.bytes.extend(number.to_le_bytes());
            }
            Value::Date(year, month, day, hour, minute, second, micros) => {
                self.bytes.push(6);
                self.number((*year).into());
                self.bytes.extend([*month, *day, *hour, *minute, *second]);
                self.number((*micros).into());
            }
            Value::Time(negative, days, hours, minutes, seconds, micros) => {
                self.bytes.push(7);
                self.bytes.push((*negative).into());
                self.number((*days).into());
                self.bytes.extend([*hours, *minutes, *seconds]);
                self.number((*micros).into());
            }
        }
    }

    /// The values in rows of so many.
    pub fn rows(&self, width: usize) -> impl Iterator<Item = Vec<Value>> {
        let mut left = &self.bytes[..];
        (0..self.values / width).map(move |_| (0..width).map(|_| value(&mut left)).collect())
    }

    /// Seven bits in each byte, the lowest first; the eighth says that there are more.
    fn number(&mut self, mut number: u64) {
        while number > 0x7f {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}

fn value(left: &mut &[u8]) -> Value {
    match byte(left) {
        0 => Value::NULL,
        1 => {
            let number = number(left);
            Value::Int((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
        }
        2 => Value::UInt(number(left)),
        3 => {
            let length = number(left) as usize;
            Value::Bytes(take(left, length).to_vec())
        }
        4 => Value::Float(f32::from_le_bytes(array(left))),
        5 => Value::Double(f64::from_le_bytes(array(left))),
        6 => {
            let year = number(left) as u16;
            let [month, day, hour, minute, second] = array(left);
            Value::Date(year, month, day, hour, minute, second, number(left) as u32)
        }
        _ => {
            let negative = byte(left) != 0;
            let days = number(left) as u32;
            let [hours, minutes, seconds] = array(left);
            Value::Time(negative, days, hours, minutes, seconds, number(left) as u32)
        }
    }
}

fn number(left: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let byte = byte(left);
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

fn byte(left: &mut &[u8]) -> u8 {
    take(left, 1)[0]
}

fn array<const N: usize>(left: &mut &[u8]) -> [u8; N] {
    take(left, N).try_into().expect("so many were taken")
}

fn take<'a>(left: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (taken, rest) = left.split_at(length);
    *left = rest;
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_out_as_it_went_in() {
        let values = [
            Value::NULL,
            Value::Int(0),
            Value::Int(-1),
            Value::Int(i64::MIN),
            Value::Int(i64::MAX),
            Value::UInt(127),
            Value::UInt(128),
            Value::UInt(u64::MAX),
            Value::Bytes(Vec::new()),
            Value::Bytes("Łódź".repeat(100).into_bytes()),
            Value::Float(0.1),
            Value::Double(-1e300),
            Value::Date(9999, 12, 31, 23, 59, 59, 999_999),
            Value::Date(0, 0, 0, 0, 0, 0, 0),
            Value::Time(true, 34, 22, 59, 59, 1),
            Value::Time(false, 0, 0, 0, 0, 0),
        ];
        let mut pack = Pack::default();
        values.iter().for_each(|value| pack.push(value));
        assert_eq!(pack.len(), 16);
        let rows: Vec<Vec<Value>> = pack.rows(4).collect();
        assert_eq!(rows.concat(), values);
    }

    #[test]
    fn a_million_small_keys_are_a_few_megabytes() {
        let mut pack = Pack::default();
        for key in 0..1_000_000 {
            [Value::Int(3), Value::Int(0), Value::Int(key)]
                .iter()
                .for_each(|value| pack.push(value));
        }
        assert!(pack.bytes.len() < 10 << 20, "{}", pack.bytes.len());
        assert_eq!(pack.rows(3).last().unwrap()[2], Value::Int(999_999));
    }
}
