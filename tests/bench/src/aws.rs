//! AWS on loopback, as far as one message needs it: rows by key, queues that only take, secrets that
//! are constants. It counts every call and what it costs; conditions always hold.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde_json::{Value, json};

use crate::{
    http::{Answer, Request, Server},
    item::{Item, read_units, write_units},
    message::secret_text,
};

/// The names of the tables here.
pub(crate) const TABLES: [&str; 3] = ["inbox", "conversations", "accounts"];
/// The name of Apple's secret here; every other secret is a key of 64 characters.
pub(crate) const APPLE_SECRET: &str = "apple";

/// AWS, until it is dropped.
#[derive(Debug)]
pub(crate) struct Aws {
    server: Server,
    world: Arc<Mutex<World>>,
}

/// Calls and what they cost.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Calls by operation.
    pub(crate) calls: BTreeMap<String, usize>,
    /// DynamoDB's write units.
    pub(crate) write_units: usize,
    /// DynamoDB's read units, every read consistent.
    pub(crate) read_units: usize,
    /// Bodies of the messages that were put into queues.
    pub(crate) queued: Vec<String>,
}

#[derive(Debug, Default)]
struct World {
    rows: BTreeMap<[String; 3], Item>,
    tally: Tally,
}

impl Aws {
    pub(crate) fn start() -> io::Result<Self> {
        let world = Arc::new(Mutex::new(World::default()));
        let shared = Arc::clone(&world);
        let server = Server::start(move |request| Some(lock(&shared).answer(&request)))?;
        Ok(Self { server, world })
    }

    /// `AWS_ENDPOINT_URL`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// What was counted since the last time.
    pub(crate) fn take_tally(&self) -> Tally {
        std::mem::take(&mut lock(&self.world).tally)
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn answer(&mut self, request: &Request) -> Answer {
        let target = request.header("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let input: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let output = self.output(&operation, &input);
        *self.tally.calls.entry(operation).or_default() += 1;
        let (status, output) = match output {
            Ok(output) => (200, output),
            Err(fault) => (400, json!({"__type": fault, "message": fault})),
        };
        let headers = vec![("content-type", "application/x-amz-json-1.0".to_owned())];
        Answer { status, headers, body: output.to_string().into_bytes() }
    }

    fn output(&mut self, operation: &str, input: &Value) -> Result<Value, &'static str> {
        match operation {
            "PutItem" => {
                self.put(input, false);
                Ok(json!({}))
            }
            "TransactWriteItems" => {
                for action in list(input, "TransactItems") {
                    self.put(action.get("Put").ok_or("ValidationException")?, true);
                }
                Ok(json!({}))
            }
            "UpdateItem" => Ok(json!({"Attributes": self.update(input)})),
            "GetItem" => {
                let found = self.rows.get(&place(input, input.get("Key")));
                self.tally.read_units += read_units(found.into_iter());
                Ok(found.map_or_else(|| json!({}), |item| json!({"Item": item})))
            }
            "Query" => {
                let items = self.query(input);
                self.tally.read_units += read_units(items.iter());
                Ok(json!({"Count": items.len(), "Items": items}))
            }
            "SendMessage" => {
                self.tally.queued.push(text(input, "MessageBody"));
                Ok(json!({"MessageId": "1"}))
            }
            "SendMessageBatch" => {
                let entries = list(input, "Entries");
                self.tally.queued.extend(entries.iter().map(|entry| text(entry, "MessageBody")));
                let done = entries.iter().map(|entry| {
                    json!({"Id": entry.get("Id"), "MessageId": "1", "MD5OfMessageBody": ""})
                });
                Ok(json!({"Successful": done.collect::<Vec<_>>(), "Failed": []}))
            }
            "GetSecretValue" => secret(&text(input, "SecretId"), &text(input, "VersionStage")),
            _ => Err("UnknownOperationException"),
        }
    }

    fn put(&mut self, input: &Value, transaction: bool) {
        let Some(item) = input.get("Item").and_then(Value::as_object) else { return };
        self.write(&place(input, input.get("Item")), item.clone(), transaction);
    }

    fn write(&mut self, place: &[String; 3], item: Item, transaction: bool) {
        let [table, ..] = place;
        self.tally.write_units += write_units(table, self.rows.get(place), &item, transaction);
        self.rows.insert(place.clone(), item);
    }

    /// `SET a = :b, c = c + :d`, which is all that is asked for here.
    fn update(&mut self, input: &Value) -> Item {
        let place = place(input, input.get("Key"));
        let mut item = self.rows.get(&place).cloned().unwrap_or_default();
        let expression = text(input, "UpdateExpression");
        let value = |name: &str| input.pointer("/ExpressionAttributeValues")?.get(name.trim());
        for action in expression.trim_start_matches("SET ").split(',') {
            let Some((name, from)) = action.split_once('=') else { continue };
            let name = name.trim().to_owned();
            if let Some((_, more)) = from.split_once('+') {
                let number = |value: Option<&Value>| number(value).unwrap_or_default();
                let sum = number(item.get(&name)) + number(value(more));
                item.insert(name, json!({"N": sum.to_string()}));
            } else if let Some(value) = value(from) {
                item.insert(name, value.clone());
            }
        }
        self.write(&place, item.clone(), false);
        item
    }

    /// `pk = :pk AND begins_with(sk, :prefix)`.
    fn query(&self, input: &Value) -> Vec<Item> {
        let value = |name: &str| {
            let value = input.pointer("/ExpressionAttributeValues")?.get(name)?.get("S")?;
            value.as_str().map(str::to_owned)
        };
        let from = [text(input, "TableName"), value(":pk").unwrap_or_default(), String::new()];
        let prefix = value(":prefix").unwrap_or_default();
        let [table, pk, _] = from.clone();
        self.rows
            .range(from..)
            .take_while(|([found_table, found_pk, _], _)| *found_table == table && *found_pk == pk)
            .filter(|([_, _, sk], _)| sk.starts_with(&prefix))
            .map(|(_, item)| item.clone())
            .collect()
    }
}

/// Table, partition and sort key.
fn place(input: &Value, key: Option<&Value>) -> [String; 3] {
    let part = |name: &str| {
        let part = key.and_then(|key| key.get(name)?.get("S")?.as_str());
        part.unwrap_or_default().to_owned()
    };
    [text(input, "TableName"), part("pk"), part("sk")]
}

fn secret(id: &str, stage: &str) -> Result<Value, &'static str> {
    if !matches!(stage, "" | "AWSCURRENT") {
        return Err("ResourceNotFoundException");
    }
    let value = if id == APPLE_SECRET {
        json!({"v": 1, "kid": "a", "key": secret_text(), "previousAcceptUntil": null})
    } else {
        json!({"v": 1, "key": "k".repeat(64)})
    };
    Ok(json!({"Name": id, "SecretString": value.to_string(), "VersionStages": ["AWSCURRENT"]}))
}

fn text(input: &Value, member: &str) -> String {
    input.get(member).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn list<'v>(input: &'v Value, member: &str) -> &'v [Value] {
    input.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn number(value: Option<&Value>) -> Option<i64> {
    value?.get("N")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_was_put_is_found_changed_and_counted() {
        let mut world = World::default();
        let row = json!({"pk": {"S": "p"}, "sk": {"S": "E#1"}, "attempts": {"N": "1"}});
        let put = json!({"TableName": "accounts", "Item": row});
        world.output("PutItem", &put).unwrap();
        let key = json!({"pk": {"S": "p"}, "sk": {"S": "E#1"}});
        let update = json!({
            "TableName": "accounts", "Key": key,
            "UpdateExpression": "SET lease = :until, attempts = attempts + :one",
            "ExpressionAttributeValues": {":until": {"N": "9"}, ":one": {"N": "1"}},
        });
        let updated = world.output("UpdateItem", &update).unwrap();
        assert_eq!(updated["Attributes"]["attempts"], json!({"N": "2"}));
        let query = json!({"TableName": "accounts", "ExpressionAttributeValues":
            {":pk": {"S": "p"}, ":prefix": {"S": "E#"}}});
        let found = world.output("Query", &query).unwrap();
        assert_eq!(found["Items"][0]["lease"], json!({"N": "9"}));
        assert_eq!((world.tally.write_units, world.tally.read_units), (2, 1));
    }
}
